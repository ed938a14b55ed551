// Bodies one after the other, the next asked for before these have come.
#include <algorithm>
#include <optional>
#include <utility>
#include <vector>

#include "posthouse/imap/client/client.h"
#include "posthouse/imap/client/client_support.h"
#include "posthouse/imap/client/session.h"

namespace posthouse::imap {
namespace {

/// Some numbers of a set after the other.
class Windows {
 public:
  explicit Windows(const NumberSet& uids) : ranges_(uids.ranges()) {}

  /// The next ones; nothing at the end.
  std::optional<SequenceSet> next() {
    constexpr std::uint64_t most = 50;
    std::vector<NumberRange> window;
    std::uint64_t left = most;
    while (left != 0 && at_ < ranges_.size()) {
      NumberRange& range = ranges_[at_];
      const std::uint64_t some = std::min<std::uint64_t>(left, std::uint64_t{range.last} - range.first + 1);
      const auto last = static_cast<std::uint32_t>(range.first + (some - 1));
      window.push_back({range.first, last});
      left -= some;
      if (last == range.last) {
        ++at_;
      } else {
        range.first = last + 1;
      }
    }
    return window.empty() ? std::nullopt : std::optional<SequenceSet>(std::move(window));
  }

 private:
  std::vector<NumberRange> ranges_;
  std::size_t at_ = 0;
};

/// The whole message in what was told of it; null where it is not there.
const std::string* whole(const response::Fetch& message) {
  for (const response::BodyData& body : message.bodies) {
    if (body.octets && body.section == Section{}) {
      return &*body.octets;
    }
  }
  return nullptr;
}

}  // namespace

void Client::retrieve_each(const NumberSet& uids,
                           const std::function<bool(std::uint32_t uid, std::string_view message)>& each) {
  const Turn turn(*session_);
  ClientSession& session = *session_;
  check_selected(session);
  // Of a set such as 1:4294967295 the most are not there, and windows of them would be many.
  Windows windows(uids.count() > session.selected->exists ? search_uids(session, imap::uids(uids)) : uids);
  bool more = true;
  const auto next = [&]() -> std::optional<command::Fetch> {
    auto window = more ? windows.next() : std::nullopt;
    if (!window) {
      return std::nullopt;
    }
    return command::Fetch{.set = *std::move(window),
                          .items = {{.kind = FetchKind::uid}, {.kind = FetchKind::body_section, .peek = true}}};
  };
  session.run_ahead(next, [&](response::Data& data) {
    auto* message = std::get_if<response::Fetch>(&data);
    const std::string* const text = message == nullptr ? nullptr : whole(*message);
    if (text == nullptr) {
      return false;
    }
    const std::optional<std::uint32_t> uid = message->by_uid ? message->number : message->uid;
    if (!uid || !uids.contains(*uid)) {
      return false;
    }
    more = more && each(*uid, *text);
    return true;
  });
}

}  // namespace posthouse::imap
