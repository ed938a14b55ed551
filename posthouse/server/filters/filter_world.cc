#include "posthouse/server/filters/filter_world.h"

#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/server/special_uses.h"

namespace posthouse::server {
namespace {

std::string mark_of(char kind, std::string_view handle, std::string_view what) {
  std::string mark(1, kind);
  mark.append(std::to_string(handle.size())).append(":").append(handle).append(what);
  return mark;
}

}  // namespace

std::string answer_mark(std::string_view handle, std::string_view address) {
  return mark_of('a', handle, to_lower(address));
}

std::string seen_mark(std::string_view handle, std::string_view id) {
  return mark_of('s', handle, id);
}

bool FilterWorld::exists(std::string_view mailbox) const {
  return store_.read([&](store::Read& read) { return store::find_mailbox(read, account_, mailbox).has_value(); });
}

bool FilterWorld::has_special_use(std::string_view mailbox, std::string_view use) const {
  const store::SpecialUse wanted = special_use_of(use);
  const auto mailboxes = store_.read([&](store::Read& read) { return store::list_mailboxes(read, account_); });
  const auto name = mailbox.empty() ? std::nullopt : store::normalize_mailbox_name(mailbox);
  return std::ranges::any_of(mailboxes, [&](const store::Mailbox& each) {
    return store::has(each.special_use, wanted) && (mailbox.empty() || each.name == name);
  });
}

std::optional<std::string> FilterWorld::annotation(std::string_view mailbox, std::string_view name) const {
  const auto found = store_.read([&](store::Read& read) {
    const auto its = mailbox.empty() ? std::nullopt : store::find_mailbox(read, account_, mailbox);
    return its ? store::annotations_of_mailbox(read, its->id) : std::vector<store::Annotation>();
  });
  const auto place = std::ranges::find(found, to_lower(name), &store::Annotation::name);
  return place == found.end() ? std::nullopt : std::optional(place->value);
}

bool FilterWorld::remembered(const std::string& mark) const {
  return store_.read([&](store::Read& read) { return store::remembers(read, account_, mark, now_); });
}

bool FilterWorld::before(std::string_view handle, std::string_view address, std::chrono::seconds /*period*/) const {
  return remembered(answer_mark(handle, address));
}

bool FilterWorld::before(std::string_view handle, std::string_view id) const {
  return remembered(seen_mark(handle, id));
}

}  // namespace posthouse::server
