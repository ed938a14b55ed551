#pragma once
// A certificate to begin with, for servers nobody has given one yet.
#include <string>
#include <vector>

#include "posthouse/net/tls/tlsa.h"

namespace posthouse::net {

/// Makes a key (EC P-256) and a self-signed certificate for `names`, valid from now on for `days`, as PEM files.
///
/// `names` are DNS names and IP addresses, at least one; the first is also the common name. The key file is readable by
/// its owner only (mode 0600), the certificate by all (0644). Both are written to a temporary file beside them, synced
/// and renamed, the key first: whoever finds the certificate finds its key. Files that exist are replaced. Blocks on
/// the file system; within a fiber call it through blocking(). Throws Error (Errc::certificate for names or days that
/// make no certificate, Errc::permission, Errc::system).
///
///     make_self_signed("cert.pem", "key.pem", {"mail.one.test", "localhost", "127.0.0.1", "::1"});
void make_self_signed(const std::string& cert_file, const std::string& key_file, const std::vector<std::string>& names,
                      int days = 3650);

/// The record that says in the DNS which certificate the first one of a PEM file is (DANE-EE with the SHA-256 of its public
/// key, "3 1 1": what RFC 7672 section 3.1.1 recommends; it stays the same for as long as the key). Blocks on the file
/// system. Throws Error (Errc::certificate for a file without a certificate, Errc::permission, Errc::system).
TlsaRecord tlsa_of(const std::string& cert_file);

}  // namespace posthouse::net
