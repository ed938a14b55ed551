// What clients write down about mailboxes and about the account: METADATA (RFC 5464).
#include <algorithm>
#include <utility>

#include "posthouse/base/text.h"
#include "posthouse/imap/server/answers.h"
#include "posthouse/imap/server/server_session.h"

namespace posthouse::imap {
namespace {

constexpr std::string_view private_entries = "/private";
constexpr std::string_view shared_entries = "/shared";

bool is_below(std::string_view entry, std::string_view above) noexcept {
  return entry.size() > above.size() && entry.starts_with(above) && entry[above.size()] == '/';
}

// An entry's name in lower case; nothing where there can be none of that name (RFC 5464 section 3.2).
std::optional<std::string> entry_name(std::string_view given) {
  std::string name = to_lower(given);
  const bool bad =
      name.ends_with('/') || name.find("//") != std::string::npos ||
      std::any_of(name.begin(), name.end(), [](char c) { return c < ' ' || c > '~' || c == '*' || c == '%'; });
  const auto stands = [&](std::string_view root) { return name == root || is_below(name, root); };
  if (bad || (!stands(private_entries) && !stands(shared_entries))) {
    return std::nullopt;
  }
  return name;
}

response::Status no_such_name() {
  return bad("An entry's name begins with /private/ or /shared/, and has neither wildcards nor empty parts");
}

// Whether `name` is meant by `asked` and a depth.
bool is_asked(std::string_view name, std::string_view asked, std::uint8_t depth) noexcept {
  if (name == asked) {
    return true;
  }
  return depth != 0 && is_below(name, asked) &&
         (depth != 1 || name.find('/', asked.size() + 1) == std::string_view::npos);
}

}  // namespace

// The values of these entries, and of those below them: of each that is asked for by its name alone NIL where there is none.
response::Metadata ServerSession::metadata_of(const std::string& mailbox, const std::vector<std::string>& asked,
                                              std::uint8_t depth) {
  response::Metadata told{.mailbox = {.name = mailbox}};
  std::vector<Annotation> there = account_->annotations(mailbox);
  for (const std::string& entry : asked) {
    bool found = false;
    for (Annotation& one : there) {
      if (is_asked(one.entry, entry, depth)) {
        found = found || one.entry == entry;
        told.values.emplace_back(one.entry, one.value);
      }
    }
    if (!found && depth == 0) {
      told.values.emplace_back(entry, std::nullopt);
    }
  }
  return told;
}

// For LIST (RFC 9590). A mailbox that has gone meanwhile has none.
void ServerSession::tell_listed_metadata(const std::string& mailbox, const std::vector<std::string>& entries) {
  std::vector<std::string> asked;
  for (const std::string& entry : entries) {
    if (auto known = entry_name(entry)) {
      asked.push_back(*std::move(known));
    }
  }
  try {
    if (const response::Metadata told = metadata_of(mailbox, asked, 0); !told.values.empty()) {
      outlet_.untagged(told);
    }
  } catch (const MailError&) {
  }
}

ServerSession::Answer ServerSession::run(command::GetMetadata& get) {
  const std::string name = get.mailbox.name.empty() ? "" : mailbox_name(get.mailbox);
  std::vector<std::string> asked;
  for (const std::string& entry : get.entries) {
    auto known = entry_name(entry);
    if (!known) {
      return no_such_name();
    }
    asked.push_back(*std::move(known));
  }
  response::Metadata told = metadata_of(name, asked, get.depth.value_or(0));
  std::uint64_t longest = 0;
  std::erase_if(told.values, [&](const auto& one) {
    const bool is_long = get.max_size && one.second && one.second->size() > *get.max_size;
    longest = is_long ? std::max<std::uint64_t>(longest, one.second->size()) : longest;
    return is_long;
  });
  if (!told.values.empty()) {
    outlet_.untagged(told);
  }
  response::Status done{.text = "Those are the entries"};
  if (longest != 0) {
    done.code = ResponseCode{"METADATA", MetadataProblem{"LONGENTRIES", longest}};
  }
  return done;
}

ServerSession::Answer ServerSession::run(command::SetMetadata& set) {
  const std::string name = set.mailbox.name.empty() ? "" : mailbox_name(set.mailbox);
  for (auto& [entry, value] : set.entries) {
    auto known = entry_name(entry);
    if (!known || known == private_entries || known == shared_entries) {
      return no_such_name();
    }
    if (name.empty() && is_below(*known, shared_entries)) {
      return no("NOPERM", "What all users see of the server is set by whoever runs it");
    }
    entry = *std::move(known);
  }
  account_->annotate(name, set.entries);
  return response::Status{.text = "Written down"};
}

}  // namespace posthouse::imap
