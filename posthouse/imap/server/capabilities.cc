#include "posthouse/imap/server/capabilities.h"

#include <algorithm>

#include "posthouse/base/text.h"

namespace posthouse::imap {
namespace {

// When a capability is announced.
enum class Announced : std::uint8_t { always, before_log_in, logged_in };

struct Capability {
  std::string_view name;
  Announced when;
};

// What works. A capability whose name ends in "=" gets its value from the session.
constexpr Capability table[] = {
    {"IMAP4rev1", Announced::always},                 // RFC 3501
    {"IMAP4rev2", Announced::always},                 // RFC 9051
    {"LITERAL+", Announced::always},                  // RFC 7888
    {"SASL-IR", Announced::before_log_in},            // RFC 4959
    {"ID", Announced::always},                        // RFC 2971
    {"ENABLE", Announced::always},                    // RFC 5161
    {"ACL", Announced::logged_in},                    // RFC 4314
    {"APPENDLIMIT=", Announced::logged_in},           // RFC 7889
    {"BINARY", Announced::logged_in},                 // RFC 3516
    {"CATENATE", Announced::logged_in},               // RFC 4469
    {"CHILDREN", Announced::logged_in},               // RFC 3348
    {"COMPRESS=DEFLATE", Announced::logged_in},       // RFC 4978, unless it is on
    {"CONDSTORE", Announced::logged_in},              // RFC 7162
    {"CONTEXT=SEARCH", Announced::logged_in},         // RFC 5267
    {"CONTEXT=SORT", Announced::logged_in},           // RFC 5267
    {"CREATE-SPECIAL-USE", Announced::logged_in},     // RFC 6154
    {"ESEARCH", Announced::logged_in},                // RFC 4731
    {"ESORT", Announced::logged_in},                  // RFC 5267
    {"I18NLEVEL=1", Announced::logged_in},            // RFC 5255
    {"IDLE", Announced::always},                      // RFC 2177
    {"INPROGRESS", Announced::logged_in},             // RFC 9585
    {"LIST-EXTENDED", Announced::logged_in},          // RFC 5258
    {"LIST-METADATA", Announced::logged_in},          // RFC 9590
    {"LIST-MYRIGHTS", Announced::logged_in},          // RFC 8440
    {"LIST-STATUS", Announced::logged_in},            // RFC 5819
    {"MESSAGELIMIT=", Announced::logged_in},          // RFC 9738
    {"METADATA", Announced::logged_in},               // RFC 5464
    {"MOVE", Announced::logged_in},                   // RFC 6851
    {"MULTIAPPEND", Announced::logged_in},            // RFC 3502
    {"MULTISEARCH", Announced::logged_in},            // RFC 7377
    {"NAMESPACE", Announced::logged_in},              // RFC 2342
    {"NOTIFY", Announced::logged_in},                 // RFC 5465
    {"OBJECTID", Announced::logged_in},               // RFC 8474
    {"PARTIAL", Announced::logged_in},                // RFC 9394
    {"PREVIEW", Announced::logged_in},                // RFC 8970
    {"QRESYNC", Announced::logged_in},                // RFC 7162
    {"QUOTA", Announced::logged_in},                  // RFC 9208
    {"QUOTA=RES-MESSAGE", Announced::logged_in},      // RFC 9208
    {"QUOTA=RES-STORAGE", Announced::logged_in},      // RFC 9208
    {"REPLACE", Announced::logged_in},                // RFC 8508
    {"RIGHTS=kxte", Announced::logged_in},            // RFC 4314
    {"SAVEDATE", Announced::logged_in},               // RFC 8514
    {"SEARCHRES", Announced::logged_in},              // RFC 5182
    {"SORT", Announced::logged_in},                   // RFC 5256
    {"SORT=DISPLAY", Announced::logged_in},           // RFC 5957
    {"SPECIAL-USE", Announced::logged_in},            // RFC 6154
    {"STATUS=SIZE", Announced::logged_in},            // RFC 8438
    {"THREAD=ORDEREDSUBJECT", Announced::logged_in},  // RFC 5256
    {"THREAD=REFERENCES", Announced::logged_in},      // RFC 5256
    {"THREAD=REFS", Announced::logged_in},
    {"UIDBATCHES", Announced::logged_in},
    {"UIDONLY", Announced::logged_in},         // RFC 9586
    {"UIDPLUS", Announced::logged_in},         // RFC 4315
    {"UNAUTHENTICATE", Announced::logged_in},  // RFC 8437
    {"UNSELECT", Announced::logged_in},        // RFC 3691
    {"URL-PARTIAL", Announced::logged_in},     // RFC 5550
    {"UTF8=ACCEPT", Announced::logged_in},     // RFC 6855
    {"WITHIN", Announced::logged_in},          // RFC 5032
};

// What stands behind the "=" of a name.
std::uint64_t value_of(std::string_view name, const CapabilityState& state) noexcept {
  return name == "MESSAGELIMIT" ? state.message_limit : state.append_limit;
}

bool is_now(Announced when, bool logged_in) noexcept {
  return when == Announced::always || (when == Announced::logged_in) == logged_in;
}

}  // namespace

std::vector<std::string> disabled_for(const ServerOptions& options, std::string_view user, std::string_view client) {
  std::vector<std::string> disabled = options.disabled;
  for (const CapabilityException& exception : options.exceptions) {
    const bool named = !exception.user.empty() || !exception.client.empty();
    if (named && (exception.user.empty() || iequals(exception.user, user)) &&
        (exception.client.empty() || iequals(exception.client, client))) {
      disabled.insert(disabled.end(), exception.disabled.begin(), exception.disabled.end());
    }
  }
  return disabled;
}

std::vector<std::string> capabilities(const std::vector<std::string>& disabled, const CapabilityState& state) {
  std::vector<std::string> out;
  for (const Capability& capability : table) {
    const bool valued = capability.name.back() == '=';
    const std::string_view name = capability.name.substr(0, capability.name.size() - (valued ? 1 : 0));
    const bool done = state.compressed && name.starts_with("COMPRESS=");
    const bool off = std::find(disabled.begin(), disabled.end(), to_upper(name)) != disabled.end();
    const bool unlimited = name == "MESSAGELIMIT" && state.message_limit == 0;
    if (is_now(capability.when, state.logged_in) && !done && !off && !unlimited) {
      out.push_back(std::string(capability.name) + (valued ? std::to_string(value_of(name, state)) : ""));
    }
  }
  if (state.logged_in) {
    return out;
  }
  if (state.can_start_tls) {
    out.emplace_back("STARTTLS");
  }
  if (!state.login_command) {
    out.emplace_back("LOGINDISABLED");
  }
  for (const std::string_view mechanism : split(state.mechanisms, ' ')) {
    if (!mechanism.empty()) {
      out.push_back("AUTH=" + std::string(mechanism));
    }
  }
  return out;
}

}  // namespace posthouse::imap
