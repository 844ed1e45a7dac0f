"""What a killed server and a power cut must not lose. `kill` kills a real server under load; `cut` cuts the power of a
modelled disk. Both judge by the same facts: what a client was told before the end."""
