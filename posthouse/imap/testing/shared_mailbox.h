#pragma once
// A mailbox of testing/memory_account.h that a session has selected: shared with other sessions on any thread. (Private.)
#include <algorithm>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "posthouse/imap/backend/open_mailbox.h"
#include "posthouse/imap/testing/shared_store.h"
#include "posthouse/imap/wire/message/make_body_structure.h"
#include "posthouse/imap/wire/message/make_envelope.h"
#include "posthouse/imap/wire/message/part_table.h"
#include "posthouse/mime/tree/message.h"

namespace posthouse::imap {

/// What is to go wrong: called at the beginning of each call with its name; may throw.
using MemoryFault = std::function<void(std::string_view call)>;

class SharedMailbox : public OpenMailbox, private MemoryUser::Listener {
 public:
  /// `user` must be locked.
  SharedMailbox(MemoryUser& user, std::shared_ptr<SharedBox> box, bool read_only, const MemoryFault& fault,
                std::size_t chunk)
      : user_(user),
        box_(std::move(box)),
        name_(box_->name),
        read_only_(read_only || !box_->rights.has_any("swite")),
        fault_(fault),
        chunk_(chunk) {
    view_ = box_->messages;
    note_numbers();
    take_recent();
  }
  ~SharedMailbox() override { watch({}); }

  const std::string& name() const noexcept override { return name_; }
  const std::string& id() const noexcept override { return box_->id; }
  bool read_only() const noexcept override { return read_only_; }
  mail::Rights rights() override {
    const std::lock_guard lock(user_.mutex);
    return box_->rights;
  }
  std::uint32_t uid_validity() const noexcept override { return box_->uid_validity; }
  std::uint64_t uid_next() const noexcept override { return uid_next_; }
  std::uint64_t highest_modseq() const noexcept override { return highest_; }
  std::uint32_t count() const noexcept override { return static_cast<std::uint32_t>(view_.size()); }
  std::optional<std::uint32_t> first_unseen() override {
    const auto found =
        std::find_if(view_.begin(), view_.end(), [](const SharedMessage& m) { return !m.flags.has(SystemFlag::seen); });
    return found == view_.end() ? std::nullopt : std::optional(static_cast<std::uint32_t>(found - view_.begin() + 1));
  }
  std::vector<std::string> keywords() override {
    const std::lock_guard lock(user_.mutex);
    return box_->keywords;
  }
  NumberSet uids_of(const NumberSet& numbers) override {
    return pick([&](std::size_t i) { return numbers.contains(static_cast<std::uint32_t>(i + 1)); },
                [&](std::size_t i) { return view_[i].uid; });
  }
  NumberSet numbers_of(const NumberSet& uids) override {
    return pick([&](std::size_t i) { return uids.contains(view_[i].uid); },
                [](std::size_t i) { return static_cast<std::uint32_t>(i + 1); });
  }
  std::uint32_t largest_uid() override { return view_.empty() ? 0 : view_.back().uid; }

  NumberSet recent() override { return recent_; }

  ViewChanges sync(bool expunges) override {
    fault_("sync");
    const std::lock_guard lock(user_.mutex);
    armed_ = true;
    ViewChanges changes;
    changes.removed = box_->removed;
    name_ = box_->name;
    std::vector<SharedMessage> view;
    for (std::size_t i = 0; i < view_.size(); ++i) {
      const SharedMessage* now = box_->find(view_[i].uid);
      if (now == nullptr && expunges) {
        changes.expunged.push_back({static_cast<std::uint32_t>(i + 1), view_[i].uid});
        continue;
      }
      if (now != nullptr && now->modseq != view_[i].modseq) {
        changes.flags.add(view_[i].uid);
      }
      if (now == nullptr) {
        changes.held.add(view_[i].uid);
      }
      view.push_back(now != nullptr ? *now : view_[i]);
    }
    for (const SharedMessage& message : box_->messages) {
      if (message.uid >= uid_next_) {
        view.push_back(message);
        ++changes.appended;
      }
    }
    view_ = std::move(view);
    changes.exists = count();
    changes.keywords = keywords_told_ != box_->keywords.size();
    note_numbers();
    take_recent();
    return changes;
  }
  void watch(std::function<void()> changed) override {
    const std::lock_guard lock(user_.mutex);
    changed_ = std::move(changed);
    armed_ = true;
    if (changed_) {
      user_.listeners.insert(this);
    } else {
      user_.listeners.erase(this);
    }
  }
  NumberSet changed_since(const NumberSet& uids, std::uint64_t modseq) override {
    return pick([&](std::size_t i) { return view_[i].modseq > modseq && uids.contains(view_[i].uid); },
                [&](std::size_t i) { return view_[i].uid; });
  }
  NumberSet vanished_since(const NumberSet& uids, std::uint64_t modseq) override {
    const std::lock_guard lock(user_.mutex);
    NumberSet gone;
    for (const auto& [when, uid] : box_->expunged) {
      if (when > modseq && uids.contains(uid)) {
        gone.add(uid);
      }
    }
    return gone;
  }

  NumberSet fetch(const NumberSet& uids, Wants wants, const std::function<bool(const Message&)>& each) override {
    fault_("fetch");
    NumberSet gone;
    for (std::size_t i = 0; i < view_.size(); ++i) {
      if (!uids.contains(view_[i].uid)) {
        continue;
      }
      if (wants != Wants{} && !is_there(view_[i].uid)) {
        gone.add(view_[i].uid);
        continue;
      }
      if (!show(i, wants, each)) {
        break;
      }
    }
    return gone;
  }
  bool read(std::uint32_t uid, std::uint64_t offset, std::uint64_t size,
            const std::function<bool(std::string_view)>& sink) override {
    fault_("read");
    std::shared_ptr<const std::string> text;
    {
      const std::lock_guard lock(user_.mutex);
      const SharedMessage* message = box_->find(uid);
      if (message == nullptr) {
        return false;
      }
      text = message->text;
    }
    std::string_view octets = std::string_view(*text).substr(offset, size);
    for (; !octets.empty(); octets.remove_prefix(std::min(chunk_, octets.size()))) {
      fault_("read piece");
      if (!sink(octets.substr(0, chunk_))) {
        break;
      }
    }
    return true;
  }
  std::optional<NumberSet> candidates(const SearchKeys&) override { return std::nullopt; }

  Stored store(const NumberSet& uids, const FlagChange& change) override {
    fault_("store");
    const std::lock_guard lock(user_.mutex);
    Stored stored;
    const std::uint64_t modseq = user_.modseq + 1;
    for (const SharedMessage& seen : view_) {
      if (!uids.contains(seen.uid)) {
        continue;
      }
      SharedMessage* message = box_->find(seen.uid);
      if (message == nullptr) {
        stored.gone.add(seen.uid);
        continue;
      }
      if (change.unchanged_since && message->modseq > *change.unchanged_since) {
        stored.modified.add(seen.uid);
        continue;
      }
      Flags flags = permitted_flags(message->flags, changed_flags(message->flags, change), box_->rights);
      if (flags != message->flags) {
        message->flags = std::move(flags);
        message->modseq = box_->highest = user_.modseq = modseq;
        stored.changed.add(seen.uid);
      }
    }
    if (!stored.changed.empty()) {
      box_->learn(permitted_flags({}, change.flags, box_->rights));
      user_.tell(box_.get());
    }
    return stored;
  }
  NumberSet expunge(const std::optional<NumberSet>& uids) override {
    fault_("expunge");
    const std::lock_guard lock(user_.mutex);
    const NumberSet known = all_uids();
    return user_.take_out(*box_, [&](const SharedMessage& message) {
      return message.flags.has(SystemFlag::deleted) && known.contains(message.uid) &&
             (!uids || uids->contains(message.uid));
    });
  }
  CopiedUids copy(const NumberSet& uids, std::string_view to, bool move) override {
    fault_("copy");
    const std::lock_guard lock(user_.mutex);
    SharedBox& target = user_.box(to, "i");
    CopiedUids copied{.uid_validity = target.uid_validity};
    std::vector<SharedMessage> taken;
    for (const SharedMessage& message : box_->messages) {
      if (uids.contains(message.uid)) {
        taken.push_back(message);
      }
    }
    if (!move) {
      std::uint64_t octets = 0;
      for (const SharedMessage& message : taken) {
        octets += message.text->size();
      }
      user_.require_room(octets, taken.size());
    }
    for (const SharedMessage& message : taken) {
      copied.from.push_back(message.uid);
      copied.to.push_back(
          user_.add(target, message.text, permitted_flags({}, message.flags, target.rights), message.date));
    }
    if (move) {
      const NumberSet from = NumberSet::of([&] {
        std::vector<NumberRange> ranges;
        for (const std::uint32_t uid : copied.from) {
          ranges.push_back({uid, uid});
        }
        return ranges;
      }());
      user_.take_out(*box_, [&](const SharedMessage& message) { return from.contains(message.uid); });
    }
    return copied;
  }
  void rest() noexcept override { ++rests; }

  /// Takes `uid` out; false when it is not there. The user must be locked.
  bool replace(std::uint32_t uid) {
    return !user_.take_out(*box_, [&](const SharedMessage& message) { return message.uid == uid; }).empty();
  }

  std::size_t rests = 0;

 private:
  template <class Is, class Number>
  NumberSet pick(Is is, Number number) const {
    NumberSet out;
    for (std::size_t i = 0; i < view_.size(); ++i) {
      if (is(i)) {
        out.add(number(i));
      }
    }
    return out;
  }
  NumberSet all_uids() const {
    return pick([](std::size_t) { return true; }, [&](std::size_t i) { return view_[i].uid; });
  }
  bool is_there(std::uint32_t uid) {
    const std::lock_guard lock(user_.mutex);
    return box_->find(uid) != nullptr;
  }
  // The user must be locked.
  void take_recent() {
    for (std::uint64_t uid = box_->recent_from; uid < uid_next_; ++uid) {
      recent_.add(static_cast<std::uint32_t>(uid));
    }
    if (!read_only_ && box_->recent_from < uid_next_) {
      box_->recent_from = uid_next_;
    }
  }
  void note_numbers() {
    uid_next_ = box_->uid_next;
    highest_ = box_->highest;
    keywords_told_ = box_->keywords.size();
  }
  bool show(std::size_t i, Wants wants, const std::function<bool(const Message&)>& each) {
    SharedMessage seen = view_[i];
    if (recent_.contains(seen.uid)) {
      seen.flags.add(SystemFlag::recent);
    }
    Message out{
        .number = static_cast<std::uint32_t>(i + 1), .uid = seen.uid, .modseq = seen.modseq, .flags = &seen.flags};
    const std::string ids = "E" + box_->id + '-' + std::to_string(seen.uid);
    std::string envelope, body, structure, parts, preview;
    if (wants != Wants{}) {
      const mime::Message message = mime::Message::view(*seen.text);
      out.size = seen.text->size();
      out.internal_date = seen.date;
      out.save_date = seen.date.utc;
      out.email_id = ids;
      if (has(wants, Want::envelope)) {
        append_envelope(envelope, make_envelope(message.headers()));
        out.envelope = envelope;
        if (const auto date = message.date()) {
          out.sent_date = std::chrono::floor<std::chrono::days>(date->utc + date->offset);
        }
      }
      if (has(wants, Want::structure)) {
        const BodyStructure made = make_body_structure(message);
        append_body_structure(body, made, BodyForm::body);
        append_body_structure(structure, made, BodyForm::structure);
        out.body = body;
        out.body_structure = structure;
      }
      if (has(wants, Want::parts)) {
        parts = PartTable::of(message).encode();
        out.parts = parts;
      }
      if (has(wants, Want::preview)) {
        preview = seen.text->substr(std::min(seen.text->find("\r\n\r\n"), seen.text->size() - 1), 40);
        out.preview = preview;
      }
      if (has(wants, Want::content) && seen.text->size() <= Message::most_content) {
        out.content = *seen.text;
      }
    }
    return each(out);
  }
  void changed(const SharedBox* box, bool, bool) noexcept override {
    if (box == box_.get() && changed_ && std::exchange(armed_, false)) {
      changed_();
    }
  }

  MemoryUser& user_;
  std::shared_ptr<SharedBox> box_;
  std::string name_;
  bool read_only_;
  const MemoryFault& fault_;
  std::size_t chunk_;
  std::vector<SharedMessage> view_;
  NumberSet recent_;
  std::uint64_t uid_next_ = 1;
  std::uint64_t highest_ = 1;
  std::size_t keywords_told_ = 0;
  std::function<void()> changed_;
  bool armed_ = true;
};

}  // namespace posthouse::imap
