#include "posthouse/store/views/view_log.h"

#include <algorithm>
#include <utility>

#include "posthouse/base/ranges.h"

namespace posthouse::store {
namespace {

constexpr std::size_t most_entries = 32 * 1024;

}  // namespace

void ViewLog::begin(std::uint64_t modseq) {
  entries_.clear();
  begins_ = modseq;
}

void ViewLog::add(What what, std::uint64_t modseq, std::span<const UidRange> uids) {
  for (const UidRange& range : uids) {
    entries_.push_back({what, modseq, range});
  }
}

void ViewLog::trim(std::uint64_t modseq) {
  while (!entries_.empty() && (entries_.front().modseq <= modseq || entries_.size() > most_entries)) {
    begins_ = std::max(begins_, entries_.front().modseq);
    entries_.pop_front();
  }
}

std::optional<Happened> ViewLog::since(std::uint64_t modseq, std::uint64_t until, std::uint64_t uidnext) const {
  if (modseq < begins_) {
    return std::nullopt;
  }
  Happened happened;
  const auto first = std::ranges::upper_bound(entries_, modseq, {}, &Entry::modseq);
  for (auto entry = first; entry != entries_.end() && entry->modseq <= until; ++entry) {
    for (std::uint64_t uid = entry->uids.first; entry->what == What::gone && uid <= entry->uids.last && uid < uidnext;
         ++uid) {
      happened.gone.push_back({static_cast<Uid>(uid), entry->modseq});
    }
    if (entry->what == What::flags && entry->uids.first < uidnext) {
      happened.flags.push_back(
          {entry->uids.first, static_cast<Uid>(std::min<std::uint64_t>(entry->uids.last, uidnext - 1))});
    }
  }
  std::ranges::sort(happened.gone, {}, &Happened::Gone::uid);
  happened.flags = set_of(std::move(happened.flags));
  return happened;
}

}  // namespace posthouse::store
