"""What DKIM costs beside the cryptography in it, which OpenSSL does for both sides: the time of one message, in microseconds."""
from table import Row, at_most


def beside_openssl(bench, title, what, goal):
    command = [bench.binaries / "mailauth_bench", what, 1 if bench.quick else 3]
    bench.say(f"  {title}")
    rounds = [bench.loads.run(command, program="mailauth_bench") for _ in range(bench.rounds(5))]
    return Row(title, "µs", [one["ours"] for one in rounds], {"bare OpenSSL": [one["bare"] for one in rounds]}, (at_most(goal),),
               paired=True)


def dkim(bench):
    return [beside_openssl(bench, "RSA-2048 signs 4 KiB", "sign", 1.10),
            beside_openssl(bench, "RSA-2048 verifies 4 KiB, its key read before", "verify", 1.10)]


def body(bench):
    return [beside_openssl(bench, f"10 MiB hashed in the {form} form", form, 1 / 0.9) for form in ("relaxed", "simple")]


MEASURES = {"dkim": dkim, "body": body}
