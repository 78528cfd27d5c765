"""What the store tells when asked the right question: spikes, shares, pains. Pure."""
