#pragma once
// SCRAM's exchanges and messages (RFC 5802 sections 3 and 7). Private to this module.
#include <cstddef>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "posthouse/sasl/keys/scram_functions.h"
#include "posthouse/sasl/keys/scram_keys.h"
#include "posthouse/sasl/mechanism.h"

namespace posthouse::sasl {

/// Is the log-in bound to the TLS session: SCRAM-…-PLUS?
enum class Binding : std::uint8_t { none, used };

/// The types of channel binding known here, best first (RFC 9266, RFC 5929).
inline constexpr std::string_view binding_types[] = {"tls-exporter", "tls-server-end-point"};
/// True when there is data of one of these types.
bool can_bind(const ChannelBindingData& data);

std::string_view scram_name(ScramHash hash, Binding binding) noexcept;

/// `nonce` takes the place of a random one when it is not empty: for tests.
std::unique_ptr<ServerMechanism> make_scram_server(ScramHash hash, Binding binding, Verifier& verifier,
                                                   const Context& context, std::string nonce = {});
std::unique_ptr<ClientMechanism> make_scram_client(ScramHash hash, Binding binding, Credentials credentials,
                                                   std::string nonce = {});

// Messages.

/// Takes "x=value" and the comma behind it off `text`, where x is `name`; nothing when it does not begin so.
std::optional<std::string_view> take_attribute(std::string_view& text, char name);
/// A name with "," and "=" written as "=2C" and "=3D", and back; nothing for another "=".
std::string escaped(std::string_view name);
std::optional<std::string> unescaped(std::string_view name);
/// Printable ASCII without a comma, not empty.
bool is_nonce(std::string_view text);

}  // namespace posthouse::sasl
