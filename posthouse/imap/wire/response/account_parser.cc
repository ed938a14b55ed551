// Rights, quotas, metadata.
#include <iterator>
#include <limits>
#include <utility>

#include "posthouse/imap/wire/response/loose.h"

namespace posthouse::imap {

bool read_quota(Cursor& in, const ResponseContext&, response::Quota& out) {
  take_spaces(in);
  auto root = take_loose_astring(in);
  if (!root) {
    return false;
  }
  out.root = std::move(*root);
  return read_loose_list(in, [&] {
    response::QuotaResource resource{std::string(take_loose_word(in))};
    take_spaces(in);
    const auto usage = in.take_number64();
    take_spaces(in);
    const auto limit = in.take_number64();
    resource.usage = usage.value_or(0);
    resource.limit = limit.value_or(0);
    out.resources.push_back(std::move(resource));
    return usage && limit;
  });
}

bool read_quota_root(Cursor& in, const ResponseContext& context, response::QuotaRoot& out) {
  if (!read_loose_mailbox(in, context, out.mailbox)) {
    return false;
  }
  out.roots = take_loose_words(in);
  return true;
}

bool read_acl(Cursor& in, const ResponseContext& context, response::Acl& out) {
  if (!read_loose_mailbox(in, context, out.mailbox)) {
    return false;
  }
  const std::vector<std::string> words = take_loose_words(in);
  for (std::size_t i = 0; i + 1 < words.size(); i += 2) {
    out.rights.emplace_back(words[i], words[i + 1]);
  }
  return words.size() % 2 == 0;
}

bool read_list_rights_data(Cursor& in, const ResponseContext& context, response::ListRights& out) {
  if (!read_loose_mailbox(in, context, out.mailbox)) {
    return false;
  }
  std::vector<std::string> words = take_loose_words(in);
  if (words.size() < 2) {
    return false;
  }
  out.identifier = std::move(words[0]);
  out.required = std::move(words[1]);
  out.optional.assign(std::make_move_iterator(words.begin() + 2), std::make_move_iterator(words.end()));
  return true;
}

bool read_my_rights(Cursor& in, const ResponseContext& context, response::MyRights& out) {
  if (!read_loose_mailbox(in, context, out.mailbox)) {
    return false;
  }
  take_spaces(in);
  auto rights = take_loose_astring(in);
  if (!rights) {
    return false;
  }
  out.rights = std::move(*rights);
  return true;
}

bool read_metadata(Cursor& in, const ResponseContext& context, response::Metadata& out) {
  if (!read_loose_mailbox(in, context, out.mailbox)) {
    return false;
  }
  take_spaces(in);
  if (in.peek() != '(') {
    out.changed = take_loose_words(in);
    return true;
  }
  return read_loose_pairs(in, out.values);
}

bool read_uid_batches_data(Cursor& in, const ResponseContext&, response::UidBatches& out) {
  take_spaces(in);
  if (in.take_prefix("(TAG ")) {
    auto tag = take_loose_astring(in);
    if (!tag || !in.take(')')) {
      return false;
    }
    out.tag = std::move(*tag);
  }
  take_spaces(in);
  if (in.at_end()) {
    return true;
  }
  const auto set = in.take_set(std::numeric_limits<std::size_t>::max());
  if (!set || set->has_star()) {
    return false;
  }
  out.batches = set->ranges();
  return true;
}

}  // namespace posthouse::imap
