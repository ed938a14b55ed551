#pragma once
// What people do with their mail teaches the judge. Private to this module.
//
// A message that somebody puts into the mailbox with "\Junk" is unwanted. One that somebody takes out of it, answers, or files
// into a mailbox of his own is wanted. What the house or a script delivers teaches nothing; nor does what goes to the trash.
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <mutex>
#include <span>
#include <thread>

#include "posthouse/store/store.h"

namespace posthouse::server {

/// A thread of its own. What is not learned yet when the server ends is not learned: that is no loss.
class Teacher {
 public:
  /// `store` must outlive it.
  explicit Teacher(store::Store& store);
  Teacher(const Teacher&) = delete;
  Teacher& operator=(const Teacher&) = delete;
  ~Teacher();

  /// Whether anything is learned from now on.
  void set_learning(bool learns) noexcept { learns_ = learns; }
  /// Returns when all that has happened before is learned. For tests.
  void settle();
  /// Ends the thread as soon as it is between two steps. May be called again.
  void stop() noexcept;

 private:
  /// Something that happened to a message in a mailbox.
  struct Event {
    store::AccountId account = 0;
    store::MailboxId mailbox = 0;
    store::Uid uid = 0;
    store::MessageId message = 0;  ///< That was copied there; 0: the message with the UID was answered.
  };

  void note(std::span<const store::Change> changes);
  void add(const Event& event);
  void work();
  void look_at(const Event& event);
  void learn(store::AccountId account, store::MessageId message, bool unwanted);
  void count(store::AccountId pupil, std::span<const std::int64_t> words, bool unwanted, bool more);

  store::Store& store_;
  std::atomic<bool> learns_{true};
  std::mutex mutex_;
  std::condition_variable wake_;
  std::condition_variable settled_;
  std::deque<Event> events_{};  // guarded by it, as are the next two
  bool stopping_ = false;
  bool at_work_ = false;
  std::mutex joining_;
  std::thread thread_;
  store::Subscription subscription_;  // the first to go
};

}  // namespace posthouse::server
