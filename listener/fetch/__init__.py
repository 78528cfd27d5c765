"""Adapter: HTTP. Turns a Request into a FetchResult, whatever happens; decides nothing else."""
