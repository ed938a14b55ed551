#pragma once
// PLAIN and LOGIN. Private to this module.
#include <memory>

#include "posthouse/sasl/mechanism.h"

namespace posthouse::sasl {

std::unique_ptr<ServerMechanism> make_plain_server(Verifier& verifier, const Context& context);
std::unique_ptr<ServerMechanism> make_login_server(Verifier& verifier, const Context& context);
std::unique_ptr<ClientMechanism> make_plain_client(Credentials credentials);
std::unique_ptr<ClientMechanism> make_login_client(Credentials credentials);

}  // namespace posthouse::sasl
