#include "posthouse/imap/testing/memory_mailbox.h"

#include <algorithm>

#include "posthouse/base/text.h"
#include "posthouse/imap/wire/item/body_structure.h"
#include "posthouse/imap/wire/item/envelope.h"
#include "posthouse/imap/wire/message/make_body_structure.h"
#include "posthouse/imap/wire/message/make_envelope.h"
#include "posthouse/imap/wire/message/part_table.h"
#include "posthouse/imap/wire/text/date.h"
#include "posthouse/mime/mailbox/mbox.h"
#include "posthouse/mime/read/readable_text.h"

namespace posthouse::imap {
namespace {

std::string with_crlf(std::string_view text) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '\n' && (i == 0 || text[i - 1] != '\r')) {
      out += '\r';
    }
    out += text[i];
  }
  return out;
}

Flags changed_flags(const Flags& before, const FlagChange& change) {
  Flags after;
  const bool removes = change.mode == StoreMode::remove;
  if (change.mode == StoreMode::replace) {
    after = change.flags;
    if (before.has(SystemFlag::recent)) {
      after.add(SystemFlag::recent);
    }
    return after;
  }
  for (const SystemFlag flag : {SystemFlag::seen, SystemFlag::answered, SystemFlag::flagged, SystemFlag::deleted,
                                SystemFlag::draft, SystemFlag::recent}) {
    if ((before.has(flag) && !(removes && change.flags.has(flag))) || (!removes && change.flags.has(flag))) {
      after.add(flag);
    }
  }
  for (const std::string& name : before.others()) {
    if (!removes || !change.flags.has(name)) {
      after.add(name);
    }
  }
  for (const std::string& name : change.flags.others()) {
    if (!removes) {
      after.add(name);
    }
  }
  return after;
}

// The same set, whatever the order of keywords.
bool same_flags(const Flags& a, const Flags& b) {
  const auto in_b = [&](const std::string& name) { return b.has(name); };
  return a.system() == b.system() && a.others().size() == b.others().size() &&
         std::all_of(a.others().begin(), a.others().end(), in_b);
}

// "Fri Feb 22 17:06:23 2008", with an offset behind it or without.
std::optional<mime::Date> from_line_date(std::string_view line) {
  const std::size_t space = line.find("  ");
  return space == std::string_view::npos ? std::nullopt : mime::parse_date([&] {
    const std::vector<std::string_view> words = split(line.substr(space + 2), ' ');
    std::string date;  // day, month, year, time, offset
    std::vector<std::string_view> some;
    std::copy_if(words.begin(), words.end(), std::back_inserter(some), [](std::string_view w) { return !w.empty(); });
    if (some.size() >= 5) {
      date = std::string(some[2]) + ' ' + std::string(some[1]) + ' ' + std::string(some[4]) + ' ' +
             std::string(some[3]) + ' ' + (some.size() > 5 ? std::string(some[5]) : "+0000");
    }
    return date;
  }());
}

}  // namespace

MemoryContent::MemoryContent(std::string message) : octets(std::move(message)) {
  const mime::Message parsed = mime::Message::view(octets);
  append_envelope(envelope, make_envelope(parsed.headers()));
  const BodyStructure structure = make_body_structure(parsed);
  append_body_structure(body, structure, BodyForm::body);
  append_body_structure(body_structure, structure, BodyForm::structure);
  parts = PartTable::of(parsed).encode();
  preview = mime::preview(parsed);
  if (const auto date = parsed.date()) {
    sent_date = std::chrono::floor<std::chrono::days>(date->utc + date->offset);
  }
}

/// A MemoryMailbox as one session knows it.
class OpenMemoryMailbox final : public OpenMailbox {
 public:
  OpenMemoryMailbox(MemoryMailbox& box, bool read_only)
      : box_(box), read_only_(read_only), view_(box.messages_), modseq_(box.modseq_), keywords_(keywords_now()) {
    box_.open_.push_back(this);
  }
  ~OpenMemoryMailbox() override { std::erase(box_.open_, this); }

  const std::string& name() const noexcept override { return box_.name_; }
  const std::string& id() const noexcept override { return box_.id; }
  bool read_only() const noexcept override { return read_only_; }
  std::uint32_t uid_validity() const noexcept override { return box_.uid_validity; }
  std::uint64_t uid_next() const noexcept override { return std::uint64_t{last_seen_} + 1; }
  std::uint64_t highest_modseq() const noexcept override { return modseq_; }
  std::uint32_t count() const noexcept override { return static_cast<std::uint32_t>(view_.size()); }
  std::optional<std::uint32_t> first_unseen() override {
    const auto found = std::find_if(view_.begin(), view_.end(),
                                    [](const auto& message) { return !message->flags.has(SystemFlag::seen); });
    return found == view_.end() ? std::nullopt : std::optional(static_cast<std::uint32_t>(found - view_.begin() + 1));
  }
  std::vector<std::string> keywords() override { return keywords_now(); }
  NumberSet uids_of(const NumberSet& numbers) override {
    NumberSet uids;
    for (const NumberRange& range : numbers.ranges()) {
      for (std::uint64_t n = range.first; n <= range.last && n <= view_.size(); ++n) {
        uids.add(view_[n - 1]->uid);
      }
    }
    return uids;
  }
  NumberSet numbers_of(const NumberSet& uids) override {
    NumberSet numbers;
    each_in(uids, [&](std::uint32_t number, const MemoryMessage&) {
      numbers.add(number);
      return true;
    });
    return numbers;
  }
  std::uint32_t largest_uid() override { return view_.empty() ? 0 : largest(); }

  ViewChanges sync(bool expunges) override {
    ViewChanges changes;
    told_ = false;
    changes.removed = box_.removed;
    if (expunges) {
      for (std::size_t i = 0; i < view_.size(); ++i) {
        if (!now(view_[i]->uid)) {
          changes.expunged.push_back({static_cast<std::uint32_t>(i + 1), view_[i]->uid});
        }
      }
      std::erase_if(view_, [&](const auto& message) { return !now(message->uid); });
    }
    for (auto& message : view_) {
      const auto there = now(message->uid);
      if (there && there->modseq != message->modseq) {
        message = there;
        changes.flags.add(message->uid);
      }
    }
    for (const auto& message : box_.messages_) {
      if (message->uid > last_seen_) {
        view_.push_back(message);
        ++changes.appended;
      }
    }
    last_seen_ = static_cast<std::uint32_t>(box_.uid_next_ - 1);
    modseq_ = box_.modseq_;
    changes.exists = count();
    const std::vector<std::string> before = std::exchange(keywords_, keywords_now());
    changes.keywords = before != keywords_;
    return changes;
  }
  void watch(std::function<void()> changed) override { changed_ = std::move(changed); }
  NumberSet changed_since(const NumberSet& uids, std::uint64_t modseq) override {
    NumberSet changed;
    each_in(uids, [&](std::uint32_t, const MemoryMessage& message) {
      if (message.modseq > modseq) {
        changed.add(message.uid);
      }
      return true;
    });
    return changed;
  }
  NumberSet vanished_since(const NumberSet& uids, std::uint64_t modseq) override {
    NumberSet gone;
    for (const auto& [uid, when] : box_.expunged_) {
      if (when > modseq && uids.contains(uid)) {
        gone.add(uid);
      }
    }
    return without(gone, uids_of(NumberSet::all()));
  }

  NumberSet fetch(const NumberSet& uids, Wants wants, const std::function<bool(const Message&)>& each) override {
    NumberSet gone;
    each_in(uids, [&](std::uint32_t number, const MemoryMessage& message) {
      if (wants != 0 && !now(message.uid)) {
        gone.add(message.uid);
        return true;
      }
      for (const Want want : {Want::size, Want::envelope, Want::structure, Want::preview, Want::content}) {
        box_.told[want] += has(wants, want) ? 1 : 0;
      }
      const MemoryContent& content = *message.content;
      Message told;
      told.number = number;
      told.uid = message.uid;
      told.modseq = message.modseq;
      told.flags = &message.flags;
      if (has(wants, Want::size)) {
        told.size = content.octets.size();
        told.internal_date = message.internal_date;
        told.save_date = message.save_date;
        told.email_id = content.email_id;
        told.thread_id = message.thread_id;
      }
      if (has(wants, Want::envelope)) {
        told.envelope = content.envelope;
        told.sent_date = content.sent_date;
      }
      if (has(wants, Want::structure)) {
        told.body = content.body;
        told.body_structure = content.body_structure;
        told.parts = content.parts;
      }
      if (has(wants, Want::preview)) {
        told.preview = content.preview;
      }
      if (has(wants, Want::content) && content.octets.size() <= Message::most_content) {
        told.content = content.octets;
      }
      return each(told);
    });
    return gone;
  }
  bool read(std::uint32_t uid, std::uint64_t offset, std::uint64_t size,
            const std::function<bool(std::string_view)>& sink) override {
    const auto message = now(uid);
    if (!message) {
      return false;
    }
    constexpr std::size_t piece = 16 * 1024;
    const std::string_view octets = message->content->octets;
    std::string_view left = octets.substr(std::min<std::uint64_t>(offset, octets.size()), size);
    bool more = true;
    while (more && !left.empty()) {
      box_.octets_read += std::min(piece, left.size());
      more = sink(left.substr(0, piece));
      left.remove_prefix(std::min(piece, left.size()));
    }
    return true;
  }
  std::optional<NumberSet> candidates(const SearchKeys& keys) override {
    return box_.candidates ? box_.candidates(keys) : std::nullopt;
  }

  Stored store(const NumberSet& uids, const FlagChange& change) override {
    return box_.store(in_both(uids, uids_of(NumberSet::all())), change);
  }
  NumberSet expunge(const std::optional<NumberSet>& uids) override {
    NumberSet deleted;
    each_in(uids.value_or(NumberSet::all()), [&](std::uint32_t, const MemoryMessage& message) {
      const auto there = now(message.uid);
      if (there && there->flags.has(SystemFlag::deleted)) {
        deleted.add(message.uid);
      }
      return true;
    });
    return box_.remove(deleted);
  }
  CopiedUids copy(const NumberSet& uids, std::string_view to, bool move) override {
    MemoryMailbox* const target = box_.find_mailbox ? box_.find_mailbox(to) : nullptr;
    if (target == nullptr) {
      throw MailError("TRYCREATE", "There is no such mailbox");
    }
    CopiedUids copied{.uid_validity = target->uid_validity};
    each_in(uids, [&](std::uint32_t, const MemoryMessage& message) {
      if (const auto there = now(message.uid)) {
        copied.from.push_back(message.uid);
        copied.to.push_back(target->add(there->content, {.flags = there->flags, .date = there->internal_date}));
      }
      return true;
    });
    if (move) {
      NumberSet gone;
      for (const std::uint32_t uid : copied.from) {
        gone.add(uid);
      }
      box_.remove(gone);
    }
    return copied;
  }

  void box_changed() {
    if (changed_ && !std::exchange(told_, true)) {
      changed_();
    }
  }

 private:
  using Held = std::shared_ptr<const MemoryMessage>;

  std::uint32_t largest() const noexcept { return view_.back()->uid; }

  // Messages of the view; those of a set are found by their order.
  template <class F>
  void each_in(const NumberSet& uids, const F& each) {
    for (const NumberRange& range : uids.ranges()) {
      auto at = std::lower_bound(view_.begin(), view_.end(), range.first,
                                 [](const Held& message, std::uint32_t uid) { return message->uid < uid; });
      for (; at != view_.end() && (*at)->uid <= range.last; ++at) {
        const Held held = *at;
        if (!each(static_cast<std::uint32_t>(at - view_.begin() + 1), *held)) {
          return;
        }
      }
    }
  }

  // The message as it is now; null when it has gone.
  Held now(std::uint32_t uid) const {
    const auto at = std::lower_bound(box_.messages_.begin(), box_.messages_.end(), uid,
                                     [](const Held& message, std::uint32_t wanted) { return message->uid < wanted; });
    return at != box_.messages_.end() && (*at)->uid == uid ? *at : nullptr;
  }

  std::vector<std::string> keywords_now() const {
    Flags all;
    for (const auto& message : box_.messages_) {
      for (const std::string& name : message->flags.others()) {
        all.add(name);
      }
    }
    return all.others();
  }

  MemoryMailbox& box_;
  bool read_only_;
  std::vector<Held> view_;
  std::uint64_t modseq_;
  std::vector<std::string> keywords_;
  std::uint32_t last_seen_ = static_cast<std::uint32_t>(box_.uid_next_ - 1);  // UIDs up to it are not new
  std::function<void()> changed_{};
  bool told_ = false;
};

std::uint32_t MemoryMailbox::append(std::string message, const NewMail& mail) {
  return add(std::make_shared<const MemoryContent>(with_crlf(message)), mail);
}

std::uint32_t MemoryMailbox::add(std::shared_ptr<const MemoryContent> content, const NewMail& mail) {
  MemoryMessage message;
  message.uid = static_cast<std::uint32_t>(uid_next_++);
  message.modseq = ++modseq_;
  message.flags = mail.flags;
  message.internal_date = mail.date.value_or(mime::Date{now, {}, true});
  message.save_date = now;
  message.content = std::move(content);
  messages_.push_back(std::make_shared<const MemoryMessage>(message));
  changed();
  return message.uid;
}

void MemoryMailbox::append_mbox(std::string_view mbox) {
  mime::MboxReader reader(mbox);
  while (const auto entry = reader.next()) {
    append(entry->message(), {.date = from_line_date(entry->from_line)});
  }
}

OpenMailbox::Stored MemoryMailbox::store(const NumberSet& uids, const FlagChange& change) {
  OpenMailbox::Stored stored;
  const std::uint64_t modseq = modseq_ + 1;
  NumberSet left = uids;
  for (Message& message : messages_) {
    if (!uids.contains(message->uid)) {
      continue;
    }
    left = without(left, message->uid);
    if (change.unchanged_since && message->modseq > *change.unchanged_since) {
      stored.modified.add(message->uid);
      continue;
    }
    MemoryMessage changed = *message;
    changed.flags = changed_flags(message->flags, change);
    if (!same_flags(changed.flags, message->flags)) {
      changed.modseq = modseq_ = modseq;
      stored.changed.add(changed.uid);
      message = std::make_shared<const MemoryMessage>(std::move(changed));
    }
  }
  stored.gone = left;
  if (!stored.changed.empty()) {
    changed();
  }
  return stored;
}

NumberSet MemoryMailbox::remove(const NumberSet& uids) {
  NumberSet removed;
  const std::uint64_t modseq = modseq_ + 1;
  std::erase_if(messages_, [&](const Message& message) {
    const bool goes = uids.contains(message->uid);
    if (goes) {
      removed.add(message->uid);
      expunged_[message->uid] = modseq_ = modseq;
    }
    return goes;
  });
  if (!removed.empty()) {
    changed();
  }
  return removed;
}

std::unique_ptr<OpenMailbox> MemoryMailbox::open(bool read_only) {
  return std::make_unique<OpenMemoryMailbox>(*this, read_only);
}

MailboxNumbers MemoryMailbox::numbers() const {
  MailboxNumbers numbers{.id = id,
                         .uid_validity = uid_validity,
                         .uid_next = uid_next_,
                         .highest_modseq = modseq_,
                         .messages = messages_.size()};
  for (const Message& message : messages_) {
    const std::uint64_t size = message->content->octets.size();
    const bool deleted = message->flags.has(SystemFlag::deleted);
    numbers.unseen += message->flags.has(SystemFlag::seen) ? 0 : 1;
    numbers.deleted += deleted ? 1 : 0;
    numbers.size += size;
    numbers.deleted_size += deleted ? size : 0;
  }
  return numbers;
}

void MemoryMailbox::changed() {
  for (OpenMemoryMailbox* const open : std::vector(open_)) {
    open->box_changed();
  }
}

}  // namespace posthouse::imap
