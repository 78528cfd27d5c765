"""Statistics over the store: spikes, shares, pain points. Pure."""
