"""Understanding mentions. Pure: no clock, no socket, no file but data read at construction, no SQL."""
