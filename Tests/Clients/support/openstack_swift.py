"""Runs OpenStack Swift's four servers out of one folder; s3.py writes the configuration there and starts this.

    /usr/bin/python3 -I openstack_swift.py FOLDER ACCOUNT_PORT CONTAINER_PORT OBJECT_PORT

The interpreter must be Debian's, whose python3-swift this is. Debian's own commands know one configuration, that of
/etc/swift; called from here the servers know only FOLDER's. They share what they import, and end with this process.
"""

import ctypes
import os
import signal
import sys

from swift.common import utils
from swift.common.ring import RingBuilder
from swift.common.wsgi import run_wsgi

PR_SET_PDEATHSIG = 1


def make_ring(folder, name, port):
    """Where the parts of the key space are: all in one place."""
    builder = RingBuilder(part_power=4, replicas=1, min_part_hours=1)
    builder.add_dev(
        {"region": 1, "zone": 1, "ip": "127.0.0.1", "port": port, "device": "disk", "weight": 100, "meta": ""}
    )
    builder.rebalance()
    builder.get_ring().save(os.path.join(folder, f"{name}.ring.gz"))


def serve(folder, name):
    """Starts one server in a process of its own and returns the id."""
    parent = os.getpid()
    child = os.fork()
    if child:
        return child
    ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, signal.SIGTERM)
    if os.getppid() != parent:
        os._exit(1)
    sys.exit(run_wsgi(os.path.join(folder, f"{name}.conf"), f"{name}-server", verbose=True))


def main(folder, *ports):
    utils.set_swift_dir(folder)
    stores = dict(zip(["account", "container", "object"], map(int, ports), strict=True))
    for name, port in stores.items():
        make_ring(folder, name, port)
    children = [serve(folder, name) for name in [*stores, "proxy"]]
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    try:
        ended, status = os.wait()
        children.remove(ended)
        print(f"a server ended with {os.waitstatus_to_exitcode(status)}", file=sys.stderr)
        return 1
    finally:
        for child in children:
            os.kill(child, signal.SIGTERM)
        for child in children:
            os.waitpid(child, 0)


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
