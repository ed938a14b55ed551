#!/usr/bin/env python3
"""Two houses and a DNS with signed zones: mail goes to hosts whose certificate DANE names, waits where it names another one or
is forged, and goes all the same where the letter needs no TLS.

In namespaces of its own, since mail hosts are asked at port 25 and the keys that DNSSEC starts from lie in a file of the system."""
import contextlib
import hashlib
import os
import pathlib
import shutil
import smtplib
import sqlite3
import ssl
import subprocess
import sys
import tempfile
import time
import unittest

from posthouse_server import PATIENCE, Posthouse

ROOT_KEY = pathlib.Path("/usr/share/dns/root.key")
TOOLS = ["unshare", "ip", "mount", "openssl", "/usr/sbin/unbound", "ldns-keygen", "ldns-signzone"]
HOST = "127.0.0.2"  # of two.test and the others


def why_not():
    missing = [tool for tool in TOOLS if shutil.which(tool) is None]
    if missing:
        return "not installed: " + ", ".join(missing)
    if not ROOT_KEY.exists():
        return f"{ROOT_KEY} is missing (package dns-root-data)"
    if subprocess.run(["unshare", "-mn", "true"], capture_output=True).returncode != 0:
        return "no namespaces may be made here"
    return ""


if sys.argv[-1] != "--inside":
    if why_not():
        print("skipped: mail by DANE between two servers:", why_not())
        sys.exit(0)
    os.execvp("unshare", ["unshare", "-mn", "--propagation", "private", sys.executable, *sys.argv, "--inside"])


def output_of(*words, folder, octets=None):
    return subprocess.run(words, cwd=folder, check=True, capture_output=True, input=octets).stdout


def wait_until(true, what):
    end = time.monotonic() + PATIENCE
    while not true():
        if time.monotonic() > end:
            raise AssertionError("not in time: " + what)
        time.sleep(0.02)


class Dns:
    """unbound with zones signed a moment ago; passes on what is bogus."""

    def __init__(self, folder):
        self.folder, self.zones, self.anchors = folder, [], b""

    def add(self, name, records, forge=None):
        zone = self.folder / f"{name}.zone"
        zone.write_text(f"$ORIGIN {name}.\n$TTL 60\n@ IN SOA ns admin 1 3600 600 86400 60\n@ IN NS ns\nns IN A 127.0.0.1\n"
                        f"@ IN MX 10 mx\nmx IN A {HOST}\n{records}\n")
        key = output_of("ldns-keygen", "-a", "ECDSAP256SHA256", "-k", name, folder=self.folder).decode().strip()
        output_of("ldns-signzone", "-f", "signed", zone.name, key, folder=self.folder)
        text = (self.folder / "signed").read_text()
        if forge:
            assert forge[0] in text
            text = text.replace(forge[0], forge[1], 1)
        zone.write_text(text)
        self.anchors += (self.folder / f"{key}.ds").read_bytes()
        self.zones.append(f'auth-zone:\n  name: "{name}"\n  zonefile: "{zone}"\n  for-downstream: yes\n  for-upstream: yes\n')

    def __enter__(self):
        (self.folder / "anchors").write_bytes(self.anchors)
        subprocess.run(["mount", "--bind", self.folder / "anchors", ROOT_KEY], check=True)
        config = self.folder / "unbound.conf"
        config.write_text('server:\n  interface: 127.0.0.1@53\n  directory: "%s"\n  chroot: ""\n  username: ""\n  pidfile: ""\n'
                          '  use-syslog: no\n  logfile: ""\n  do-ip6: no\n  num-threads: 1\n  local-zone: "test." transparent\n'
                          '  module-config: "iterator"\nremote-control:\n  control-enable: no\n' % self.folder
                          + "".join(self.zones))
        self.process = subprocess.Popen(["/usr/sbin/unbound", "-d", "-v", "-c", config], stderr=subprocess.PIPE, text=True)
        for line in self.process.stderr:
            if "start of service" in line:
                return self
        raise AssertionError("unbound does not start")

    def __exit__(self, *_):
        self.process.kill()
        self.process.wait()
        self.process.stderr.close()


class OutboundTls(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)
        subprocess.run(["ip", "link", "set", "lo", "up"], check=True)

    def tlsa(self, certificate):
        key = output_of("openssl", "x509", "-in", certificate, "-noout", "-pubkey", folder=self.folder)
        der = output_of("openssl", "pkey", "-pubin", "-outform", "DER", folder=self.folder, octets=key)
        return "3 1 1 " + hashlib.sha256(der).hexdigest()

    def openssl_accepts(self, record):
        """What another implementation thinks of the host's certificate."""
        done = subprocess.run(["openssl", "s_client", "-starttls", "smtp", "-connect", f"{HOST}:25", "-dane_tlsa_domain",
                               "mx.two.test", "-dane_tlsa_rrdata", record, "-dane_ee_no_namechecks", "-verify_return_error"],
                              input=b"QUIT\r\n", capture_output=True, timeout=PATIENCE)
        return b"Verification: OK" in done.stdout

    def send(self, server, domain, field=""):
        context = ssl._create_unverified_context()
        with smtplib.SMTP(*server.address("submission"), timeout=PATIENCE) as client:
            client.starttls(context=context)
            client.login("ann@one.test", "a secret of words")
            client.sendmail("ann@one.test", [f"hong@{domain}"],
                            f"From: <ann@one.test>\r\nTo: <hong@{domain}>\r\n{field}Subject: {domain}\r\n\r\nHello.\r\n")

    def reply(self, server, domain):
        for row in server.queue():
            if row["to"] == f"hong@{domain}" and row.get("last_reply"):
                return row["last_reply"]
        return ""

    def test_mail_goes_where_the_certificate_is_the_one_in_the_dns(self):
        there = Posthouse(domain="two.test", users={"hong": "a secret of words"}, listen=(),
                          options=["--listen", f"smtp={HOST}:25"])
        for domain in ("wrong.test", "forged.test"):
            place = list(map(str, there.place))
            subprocess.run([os.environ["POSTHOUSE_BINARY"], "domain", "add", *place, domain], check=True, capture_output=True)
            subprocess.run([os.environ["POSTHOUSE_BINARY"], "account", "add", *place, f"hong@{domain}", "--password-stdin"],
                           input=b"a secret of words\n", check=True, capture_output=True)
        with there:
            right = self.tlsa(there.certificate)
            wrong = right[:-1] + ("0" if right[-1] != "0" else "1")
            self.assertTrue(self.openssl_accepts(right))
            self.assertFalse(self.openssl_accepts(wrong))
            dns = Dns(self.folder)
            dns.add("two.test", f"_25._tcp.mx IN TLSA {right}")
            dns.add("wrong.test", f"_25._tcp.mx IN TLSA {wrong}")
            dns.add("forged.test", f"_25._tcp.mx IN TLSA {wrong}", forge=("TLSA\t3 1 1", "TLSA\t3 0 1"))
            config = self.folder / "posthouse.toml"
            config.write_text('resolver = "127.0.0.1:53"\n[tls_reports]\nsend = true\n')
            with dns, Posthouse(users={"ann": "a secret of words"}, listen=("submission",),
                                options=["--config", config, "--log-level", "debug"]) as here:
                for domain in ("two.test", "wrong.test", "forged.test"):
                    self.send(here, domain)
                wait_until(lambda: "verified=dane" in here.log(), "the letter to two.test\n" + here.log())
                wait_until(lambda: self.reply(here, "wrong.test"), "the letter to wrong.test")
                wait_until(lambda: self.reply(here, "forged.test"), "the letter to forged.test")
                self.assertIn("the TLSA records of mx.wrong.test ask for it", self.reply(here, "wrong.test"))
                self.assertIn("_25._tcp.mx.forged.test", self.reply(here, "forged.test"))
                self.assertEqual({row["to"] for row in here.queue()}, {"hong@wrong.test", "hong@forged.test"})
                self.assertIn("outbound tls failed domain=wrong.test", here.log())
                self.send(here, "wrong.test", "TLS-Required: No\r\n")
                wait_until(lambda: any("relayed" in line and "to=hong@wrong.test" in line for line in here.log().splitlines()),
                           "the letter that needs no TLS")
                here.stop()
                with contextlib.closing(sqlite3.connect(here.data / "posthouse.db")) as db:
                    counted = set(db.execute("SELECT domain, failure, sessions FROM tls_session"))
                self.assertEqual(counted, {("two.test", "", 1), ("wrong.test", "validation-failure", 1),
                                           ("forged.test", "dnssec-invalid", 1)})


if __name__ == "__main__":
    sys.argv.remove("--inside")
    unittest.main()
