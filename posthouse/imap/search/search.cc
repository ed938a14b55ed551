#include "posthouse/imap/search/search.h"

#include <algorithm>
#include <cstdlib>
#include <string>
#include <utility>
#include <vector>

#include "posthouse/imap/search/message_text.h"
#include "posthouse/imap/search/program.h"
#include "posthouse/imap/search/text_keys.h"
#include "posthouse/mime/tree/message.h"

namespace posthouse::imap {
namespace {

constexpr std::uint64_t large_portion = 1'024;  // messages that are looked at together, step by step
constexpr std::uint64_t small_portion = 64;     // where a few are enough

// `numbers` some at a time: at most `most` each.
std::vector<NumberSet> portions_of(const NumberSet& numbers, std::uint64_t most) {
  std::vector<NumberSet> portions;
  std::uint64_t room = 0;
  for (const NumberRange& range : numbers.ranges()) {
    for (std::uint64_t first = range.first; first <= range.last;) {
      if (room == 0) {
        portions.emplace_back();
        room = most;
      }
      const std::uint64_t last = std::min<std::uint64_t>(range.last, first + room - 1);
      portions.back().add(static_cast<std::uint32_t>(first), static_cast<std::uint32_t>(last));
      room -= last - first + 1;
      first = last + 1;
    }
  }
  return portions;
}

class Search {
 public:
  Search(OpenMailbox& mailbox, const SearchKeys& keys, std::string_view charset, const SearchContext& context)
      : mailbox_(mailbox),
        progress_(context.progress),
        enough_(context.enough),
        program_(keys, charset, mailbox, context),
        texts_(program_),
        values_(keys.size()) {}

  SearchResult run() {
    SearchResult result;
    Program::Narrowed narrowed = program_.narrow();
    NumberSet open = without(narrowed.possible, narrowed.certain);
    if (!open.empty() && (program_.asks(Depth::content) || program_.asks(Depth::envelope))) {
      if (const auto candidates = mailbox_.candidates(program_.keys())) {
        open = in_both(open, mailbox_.numbers_of(*candidates));
      }
    }
    all_ = open.count();
    result.complete = look_at_portions(portions_of(open, enough_ == 0 ? large_portion : small_portion));
    result.uids = joined(mailbox_.uids_of(narrowed.certain), found_);
    if (program_.asks_modseq() && result.complete) {
      tell_modseq(result);
    }
    return result;
  }

 private:
  bool look_at_portions(std::vector<NumberSet> portions) {
    if (enough_ < 0) {
      std::reverse(portions.begin(), portions.end());
    }
    const auto enough = static_cast<std::uint64_t>(std::abs(enough_));
    for (const NumberSet& some : portions) {
      if (!look_at(mailbox_.uids_of(some))) {
        return false;
      }
      if (enough != 0 && found_.count() >= enough) {
        break;
      }
    }
    return true;
  }

  // One portion, step by step.
  bool look_at(const NumberSet& uids) {
    std::vector<std::uint32_t> undecided(uids.begin(), uids.end());
    for (const Depth depth : {Depth::view, Depth::size, Depth::envelope, Depth::content}) {
      if (undecided.empty() || !asks(depth)) {
        continue;
      }
      NumberSet wanted;
      for (const std::uint32_t uid : undecided) {
        wanted.add(uid);
      }
      undecided.clear();
      if (!look_at(wanted, depth, undecided)) {
        return false;
      }
    }
    return true;
  }

  bool look_at(const NumberSet& uids, Depth depth, std::vector<std::uint32_t>& undecided) {
    bool goes_on = true;
    large_.clear();
    mailbox_.fetch(uids, wants(depth), [&](const Message& message) {
      fill(message, depth);
      if (depth == Depth::content && program_.evaluate(values_) == Truth::unknown) {
        if (!message.content) {
          large_.push_back({message.uid, message.size, values_});
          return true;
        }
        fill_by_content(*message.content);
      }
      goes_on = decide(message.uid, depth, undecided);
      return goes_on;
    });
    for (const Large& large : large_) {
      if (goes_on) {
        fill_by_reading(large);
        goes_on = decide(large.uid, depth, undecided);
      }
    }
    return goes_on;
  }

  // Flags are looked at where nothing else is: sets may have been too many to be reckoned with at once.
  bool asks(Depth depth) const {
    const bool deeper = program_.asks(Depth::size) || program_.asks(Depth::envelope) || program_.asks(Depth::content);
    return program_.asks(depth) || (depth == Depth::view && !deeper);
  }

  Wants wants(Depth depth) const {
    Wants wants = 0;
    if (depth >= Depth::size && (program_.asks(Depth::size) || depth == Depth::content)) {
      wants = wants | Want::size;
      if (program_.asks_thread()) {
        wants = wants | Want::thread;
      }
    }
    if (depth >= Depth::envelope && program_.asks(Depth::envelope)) {
      wants = wants | Want::envelope;
    }
    if (depth == Depth::content) {
      wants = wants | Want::content;
    }
    return wants;
  }

  void fill(const Message& message, Depth depth) {
    std::fill(values_.begin(), values_.end(), Truth::unknown);
    program_.fill_view(values_, message);
    if (depth >= Depth::size) {
      program_.fill_size(values_, message);
    }
    if (depth >= Depth::envelope && program_.asks(Depth::envelope)) {
      program_.fill_days(values_, message);
      texts_.fill_envelope(values_, message.envelope);
    }
  }

  void fill_by_content(std::string_view content) {
    const mime::HeaderBlock header = mime::HeaderBlock::scan(content);
    texts_.fill_header(values_, header.headers());
    if (program_.evaluate(values_) == Truth::unknown) {
      const mime::Message message = mime::Message::view(content);
      texts_.fill_texts(values_, [&](const TextSink& sink) { return each_text(message, TextPlace::header, sink); });
    }
  }

  // A message that is not handed out whole.
  struct Large {
    std::uint32_t uid = 0;
    std::uint64_t size = 0;
    std::vector<Truth> values{};
  };

  void fill_by_reading(const Large& large) {
    values_ = large.values;
    const OctetReader reader = octets_of(mailbox_, large.uid);
    const std::string octets = read_header(reader, large.size);
    if (octets.empty()) {
      return;
    }
    texts_.fill_header(values_, mime::HeaderBlock::scan(octets).headers());
    if (program_.evaluate(values_) != Truth::unknown) {
      return;
    }
    std::string parts;
    mailbox_.fetch(large.uid, Wants{} | Want::parts, [&](const Message& message) {
      parts = message.parts;
      return true;
    });
    texts_.fill_texts(values_,
                      [&](const TextSink& sink) { return each_text_of_large(reader, large.size, parts, sink); });
  }

  bool decide(std::uint32_t uid, Depth depth, std::vector<std::uint32_t>& undecided) {
    const Truth matches = program_.evaluate(values_);
    if (matches == Truth::unknown && depth != Depth::content) {
      undecided.push_back(uid);
    } else {
      ++done_;
      if (matches == Truth::yes) {
        found_.add(uid);
      }
    }
    const bool asks = depth == Depth::content || ++since_asked_ % messages_between_progress == 0;
    return !asks || !progress_ || progress_(done_, all_);
  }

  void tell_modseq(SearchResult& result) {
    mailbox_.fetch(result.uids, 0, [&](const Message& message) {
      result.modseq = std::max(result.modseq.value_or(0), message.modseq);
      result.first_modseq = result.first_modseq.value_or(message.modseq);
      result.last_modseq = message.modseq;
      return true;
    });
  }

  OpenMailbox& mailbox_;
  const SearchProgress& progress_;
  std::int64_t enough_;
  Program program_;
  TextKeys texts_;
  std::vector<Truth> values_;
  std::vector<Large> large_{};
  NumberSet found_{};
  std::uint64_t done_ = 0;
  std::uint64_t all_ = 0;
  std::uint64_t since_asked_ = 0;
};

}  // namespace

SearchResult search(OpenMailbox& mailbox, const SearchKeys& keys, std::string_view charset,
                    const SearchContext& context) {
  return Search(mailbox, keys, charset, context).run();
}

}  // namespace posthouse::imap
