"""What the kill campaigns against a mailbox share: their command line, and the database server that can be killed, too."""
import argparse
import contextlib
import random

import mariadb


def run(description, campaign, kills, clients):
    """Calls campaign(args, database): args has kills, clients and seed; database is a MariaDB server, or None."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--kills", type=int, default=kills)
    parser.add_argument("--clients", type=int, default=clients)
    parser.add_argument("--mariadb", action="store_true")
    parser.add_argument("--seed", type=int, default=random.randrange(1 << 30))
    args = parser.parse_args()
    if args.mariadb and not mariadb.available():
        return print("skipped: the package mariadb-server is not installed")
    print(f"seed {args.seed}")
    with mariadb.MariaDB() if args.mariadb else contextlib.nullcontext() as database:
        return campaign(args, database)
