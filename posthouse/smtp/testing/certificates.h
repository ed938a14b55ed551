#pragma once
// What the tests of this module share.
#include <string>
#include <vector>

#include "posthouse/net/tls/tls.h"

namespace posthouse::smtp::testing {

/// A self-signed certificate for mx.one.test, made once.
const net::TlsContext& server_tls();
/// A client context that trusts it.
const net::TlsContext& client_tls();
/// The file with the certificate.
const std::string& certificate_file();

/// The recorded dialogues (posthouse/smtp/testdata/…).
std::string testdata(const std::string& name);

}  // namespace posthouse::smtp::testing
