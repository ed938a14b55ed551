#pragma once
// The SASL mechanisms that there are. One is added in the table of mechanisms.cc; no protocol and no back end has to know.
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "posthouse/sasl/mechanism.h"

namespace posthouse::sasl {

/// True when there is a mechanism of that name (ASCII case aside).
bool is_mechanism(std::string_view name) noexcept;
/// The names of all, strongest first, with `between` between each two.
std::string mechanism_names(std::string_view between = " ");

/// The mechanisms that can be offered to a client: those of Context::mechanisms that `verifier` has what it takes for, with
/// channel binding where `context` has any. Strongest first, with a space between: what AUTH and SASL lines list.
std::string server_mechanisms(Verifier& verifier, const Context& context);

/// An exchange of `mechanism` (ASCII case aside); null when server_mechanisms() does not list it. `verifier` and
/// `context` must outlive it.
std::unique_ptr<ServerMechanism> make_server_mechanism(std::string_view mechanism, Verifier& verifier,
                                                       const Context& context);

/// True when `context` allows a mechanism by which the client says its password: then it may say it by the commands that
/// protocols have for it beside SASL (USER and PASS of POP3, LOGIN of IMAP).
bool takes_passwords(const Context& context);

/// The mechanisms to try among those a server lists ("LOGIN PLAIN XOAUTH2", case aside, separated by spaces), strongest
/// first; those with channel binding only where `channel_binding` has data. EXTERNAL is not among them: it is for
/// whoever knows that the server has seen a certificate.
std::vector<std::string> usable_mechanisms(std::string_view offered, const ChannelBindingData& channel_binding = {});

/// An exchange of `mechanism` (ASCII case aside). Throws Error: Errc::mechanism for one not known
/// here, Errc::credentials for what it cannot carry.
std::unique_ptr<ClientMechanism> make_client_mechanism(std::string_view mechanism, Credentials credentials);

}  // namespace posthouse::sasl
