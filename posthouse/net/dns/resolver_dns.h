#pragma once
// Private to posthouse/net: questions to the DNS by libunbound.
//
// libunbound resolves in a thread of its own and hands answers over through a descriptor. A second thread, the pump,
// puts the questions, waits for that descriptor and wakes whoever asked. So a question keeps neither a fiber's loop nor
// a thread of blocking() busy, needs none of a fiber's small stack, and who asked may go away at its deadline: the
// answer then goes to nobody.
//
// Invariants: both threads start with the first question and end with the object. Only the pump touches context_ and
// slots_. A Slot lives from the question to its answer (or to the end of the object), the Answer as long as the one of
// slot and asker that lets go last.
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <unbound.h>

#include "posthouse/net/resolver.h"
#include "posthouse/net/sync.h"

namespace posthouse::net {

class SystemResolver::Dns {
 public:
  enum class Type { a = 1, mx = 15, aaaa = 28 };

  /// How a question ended, other than by an exception.
  enum class Status { data, no_data, no_such_name, failed };

  struct Answer {
    Event ready;
    Status status = Status::failed;
    std::string failure = "the resolver broke off";  ///< For Status::failed: the server's or the library's words.
    std::vector<std::string> records;                ///< RDATA, names in it uncompressed.
  };

  explicit Dns(std::string server) : server_(std::move(server)) {}
  ~Dns();

  /// Puts a question; `answer->ready` is set when it is answered. Throws Error.
  std::shared_ptr<Answer> ask(const std::string& name, Type type, Deadline deadline);
  /// ask() and wait. Throws Error (Errc::timeout, Errc::canceled).
  std::shared_ptr<Answer> query(const std::string& name, Type type, Deadline deadline);
  /// Waits for an answer of ask().
  static void wait(Answer& answer, const std::string& name, Deadline deadline);

 private:
  struct Question {
    std::string name;
    Type type;
    std::shared_ptr<Answer> answer;
  };
  struct Slot {
    Dns* owner;
    std::shared_ptr<Answer> answer;
    std::list<Slot>::iterator self;
  };
  struct DeleteContext {
    void operator()(ub_ctx* context) const noexcept { ub_ctx_delete(context); }
  };

  void start();
  void wake() const noexcept;
  void pump() noexcept;
  bool take_questions(std::vector<Question>& questions);
  void put(const Question& question);
  void open_context();
  void give_up() noexcept;
  void finish(Answer& answer) noexcept;
  static void answered(void* slot, int error, ub_result* result);

  const std::string server_;
  Semaphore under_way_{256};  // more wait for their turn
  std::mutex mutex_;          // guards questions_, stop_ and the start
  std::vector<Question> questions_;
  bool stop_ = false;
  int wake_ = -1;  // eventfd
  std::thread pump_;
  std::list<Slot> slots_;
  std::unique_ptr<ub_ctx, DeleteContext> context_;
};

}  // namespace posthouse::net
