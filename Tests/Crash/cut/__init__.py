"""Power cuts: what a server did to its files is recorded (shim/), replayed on a disk that keeps only what POSIX
promises (model), and given to a new server, which must know everything that was acknowledged before the cut."""
