#pragma once
// EXTERNAL (RFC 4422 appendix A). Private to this module.
#include <memory>

#include "posthouse/sasl/mechanism.h"

namespace posthouse::sasl {

std::unique_ptr<ServerMechanism> make_external_server(Verifier& verifier, const Context& context);
/// Says Credentials::authzid, or nothing.
std::unique_ptr<ClientMechanism> make_external_client(Credentials credentials);

}  // namespace posthouse::sasl
