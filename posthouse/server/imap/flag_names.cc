#include "posthouse/server/imap/flag_names.h"

#include <array>
#include <utility>

#include "posthouse/imap/backend/mail_error.h"

namespace posthouse::server {
namespace {

constexpr std::size_t most_sets = 4096;

constexpr std::array<std::pair<store::Flags, imap::SystemFlag>, 5> system_flags = {{
    {store::flag::seen, imap::SystemFlag::seen},
    {store::flag::answered, imap::SystemFlag::answered},
    {store::flag::flagged, imap::SystemFlag::flagged},
    {store::flag::deleted, imap::SystemFlag::deleted},
    {store::flag::draft, imap::SystemFlag::draft},
}};

}  // namespace

void FlagNames::set(std::span<const store::Keyword> keywords) {
  keywords_.clear();
  sets_.clear();
  for (const store::Keyword& keyword : keywords) {
    keywords_.emplace(keyword.number, keyword.name);
  }
}

const imap::Flags& FlagNames::named(store::Flags bits) {
  if (const auto found = sets_.find(bits); found != sets_.end()) {
    return found->second;
  }
  if (sets_.size() >= most_sets) {
    sets_.clear();
  }
  imap::Flags flags;
  for (const auto& [bit, flag] : system_flags) {
    if ((bits & bit) != 0) {
      flags.add(flag);
    }
  }
  for (const auto& [number, name] : keywords_) {
    if (number <= store::last_keyword_with_bit && (bits & (store::Flags{1} << number)) != 0) {
      flags.add(name);
    }
  }
  return sets_.emplace(bits, std::move(flags)).first->second;
}

imap::Flags FlagNames::named(store::Flags bits, std::span<const store::KeywordNumber> beyond) {
  imap::Flags flags = named(bits);
  for (const store::KeywordNumber number : beyond) {
    if (const auto name = keywords_.find(number); name != keywords_.end()) {
      flags.add(name->second);
    }
  }
  return flags;
}

StorableFlags storable(const imap::Flags& flags) {
  StorableFlags found;
  for (const auto& [bit, flag] : system_flags) {
    found.system |= flags.has(flag) ? bit : 0;
  }
  for (const std::string& name : flags.others()) {
    if (name.starts_with('\\')) {
      throw imap::MailError("CANNOT", "There is no flag " + name);
    }
    found.keywords.push_back(name);
  }
  return found;
}

}  // namespace posthouse::server
