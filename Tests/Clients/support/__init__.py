"""What the client tests share: a server to talk to, a client to talk with, recordings to talk about."""
