#include "posthouse/server/judging/teacher.h"

#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "posthouse/server/judging/letter_judge.h"
#include "posthouse/server/log/log.h"
#include "posthouse/store/lessons/lessons.h"

namespace posthouse::server {
namespace {

constexpr std::size_t most_events = 10'000;  // that wait; more are left out
constexpr std::size_t words_of_a_job = 250;  // others who write wait meanwhile
constexpr std::uint64_t largest_lesson = largest_judged;

/// What an event teaches.
struct Lesson {
  store::MessageId message = 0;
  bool unwanted = false;
};

}  // namespace

Teacher::Teacher(store::Store& store)
    : store_(store),
      thread_([this] { work(); }),
      subscription_(store.listen([this](std::span<const store::Change> changes) { note(changes); })) {}

Teacher::~Teacher() {
  stop();
}

void Teacher::stop() noexcept {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  const std::lock_guard lock(joining_);
  if (thread_.joinable()) {
    thread_.join();
  }
}

void Teacher::settle() {
  std::unique_lock lock(mutex_);
  settled_.wait(lock, [&] { return stopping_ || (events_.empty() && !at_work_); });
}

void Teacher::add(const Event& event) {
  const std::lock_guard lock(mutex_);
  if (events_.size() < most_events) {
    events_.push_back(event);
    wake_.notify_one();
  }
}

void Teacher::note(std::span<const store::Change> changes) {
  if (!learns_) {
    return;
  }
  for (const store::Change& change : changes) {
    if (const auto* added = std::get_if<store::MessageAdded>(&change); added != nullptr && added->copied) {
      add({added->account, added->mailbox, added->uid, added->message});
    } else if (const auto* flags = std::get_if<store::FlagsChanged>(&change)) {
      for (const auto& message : flags->messages) {
        if ((message.flags & store::flag::answered) != 0) {
          add({flags->account, flags->mailbox, message.uid, 0});
        }
      }
    }
  }
}

void Teacher::work() {
  for (;;) {
    Event event;
    {
      std::unique_lock lock(mutex_);
      at_work_ = false;
      if (events_.empty()) {
        settled_.notify_all();
      }
      wake_.wait(lock, [&] { return stopping_ || !events_.empty(); });
      if (stopping_) {
        settled_.notify_all();
        return;
      }
      event = events_.front();
      events_.pop_front();
      at_work_ = true;
    }
    try {
      look_at(event);
    } catch (const posthouse::Error& error) {
      log_bounded(spdlog::level::warn, "nothing learned", "account={} error={}", event.account, shown(error.what()));
    }
  }
}

void Teacher::look_at(const Event& event) {
  const auto lesson = store_.read([&](store::Read& read) -> std::optional<Lesson> {
    const auto mailbox = store::find_mailbox(read, event.mailbox);
    if (!mailbox || store::has(mailbox->special_use, store::SpecialUse::trash)) {
      return std::nullopt;
    }
    const bool junk = store::has(mailbox->special_use, store::SpecialUse::junk);
    if (event.message != 0) {
      return Lesson{event.message, junk};
    }
    const std::vector<store::Uid> uid = {event.uid};
    const auto found = store::entries(read, event.mailbox, uid);
    return junk || found.empty() ? std::nullopt : std::optional(Lesson{found.front().message, false});
  });
  if (lesson) {
    learn(event.account, lesson->message, lesson->unwanted);
  }
}

void Teacher::learn(store::AccountId account, store::MessageId message, bool unwanted) {
  std::vector<std::int64_t> words;
  try {
    if (store_.messages().size(message, store::Audience::received) > largest_lesson) {
      return;
    }
    words = stored_words(mime::Message::parse(store_.messages().load(message, store::Audience::received)));
  } catch (const store::Error& error) {
    if (error.errc() == store::Errc::no_such_message) {
      return;  // it went meanwhile
    }
    throw;
  }
  const std::optional<bool> before =
      store_.write([&](store::Write& write) { return store::begin_lesson(write, account, message, unwanted); });
  if (before == unwanted) {
    return;
  }
  for (const store::AccountId pupil : {account, store::pupil_all}) {
    if (before) {
      count(pupil, words, *before, false);
    }
    count(pupil, words, unwanted, true);
  }
  log().debug("learned account={} message={} unwanted={}", account, message, unwanted);
}

void Teacher::count(store::AccountId pupil, std::span<const std::int64_t> words, bool unwanted, bool more) {
  for (std::size_t at = 0; at < words.size(); at += words_of_a_job) {
    const auto some = words.subspan(at, std::min(words_of_a_job, words.size() - at));
    store_.write([&](store::Write& write) { store::count_words(write, pupil, some, unwanted, more); });
  }
}

}  // namespace posthouse::server
