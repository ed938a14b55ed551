#include "posthouse/imap/server/capabilities.h"

#include <algorithm>

#include "posthouse/base/text.h"

namespace posthouse::imap {
namespace {

// When a capability is announced.
enum class When : std::uint8_t { always, before_log_in, logged_in };

struct Capability {
  std::string_view name;
  When when;
};

// What works. A capability whose name ends in "=" gets its value from the session.
constexpr Capability table[] = {
    {"IMAP4rev1", When::always},
    {"IMAP4rev2", When::always},
    {"LITERAL+", When::always},
    {"SASL-IR", When::before_log_in},
    {"ID", When::always},
    {"ENABLE", When::always},
    {"APPENDLIMIT=", When::logged_in},
    {"BINARY", When::logged_in},
    {"CATENATE", When::logged_in},
    {"CHILDREN", When::logged_in},
    {"CONDSTORE", When::logged_in},
    {"CONTEXT=SEARCH", When::logged_in},
    {"CREATE-SPECIAL-USE", When::logged_in},
    {"ESEARCH", When::logged_in},
    {"ESORT", When::logged_in},
    {"I18NLEVEL=1", When::logged_in},
    {"IDLE", When::always},
    {"INPROGRESS", When::logged_in},
    {"LIST-EXTENDED", When::logged_in},
    {"LIST-STATUS", When::logged_in},
    {"MOVE", When::logged_in},
    {"MULTIAPPEND", When::logged_in},
    {"MULTISEARCH", When::logged_in},
    {"NAMESPACE", When::logged_in},
    {"NOTIFY", When::logged_in},
    {"OBJECTID", When::logged_in},
    {"PARTIAL", When::logged_in},
    {"PREVIEW", When::logged_in},
    {"QRESYNC", When::logged_in},
    {"REPLACE", When::logged_in},
    {"SAVEDATE", When::logged_in},
    {"SEARCHRES", When::logged_in},
    {"SORT", When::logged_in},
    {"SORT=DISPLAY", When::logged_in},
    {"SPECIAL-USE", When::logged_in},
    {"STATUS=SIZE", When::logged_in},
    {"THREAD=ORDEREDSUBJECT", When::logged_in},
    {"THREAD=REFERENCES", When::logged_in},
    {"THREAD=REFS", When::logged_in},
    {"UIDBATCHES", When::logged_in},
    {"UIDONLY", When::logged_in},
    {"UIDPLUS", When::logged_in},
    {"UNAUTHENTICATE", When::logged_in},
    {"UNSELECT", When::logged_in},
    {"URL-PARTIAL", When::logged_in},
    {"UTF8=ACCEPT", When::logged_in},
    {"WITHIN", When::logged_in},
};

bool is_now(When when, bool logged_in) noexcept {
  return when == When::always || (when == When::logged_in) == logged_in;
}

}  // namespace

bool is_offered(const ServerOptions& options, std::string_view capability) noexcept {
  return std::find(options.disabled.begin(), options.disabled.end(), capability) == options.disabled.end();
}

std::vector<std::string> capabilities(const ServerOptions& options, const CapabilityState& state) {
  std::vector<std::string> out;
  for (const Capability& capability : table) {
    const bool valued = capability.name.back() == '=';
    const std::string_view name = capability.name.substr(0, capability.name.size() - (valued ? 1 : 0));
    if (is_now(capability.when, state.logged_in) && is_offered(options, to_upper(name))) {
      out.push_back(std::string(capability.name) + (valued ? std::to_string(state.append_limit) : ""));
    }
  }
  if (state.logged_in) {
    return out;
  }
  if (state.can_start_tls) {
    out.emplace_back("STARTTLS");
  }
  if (state.mechanisms.empty()) {
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
