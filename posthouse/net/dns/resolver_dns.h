#pragma once
// Questions to the DNS by libunbound. (Internal to the module.)
//
// libunbound resolves in a thread of its own and hands answers over through a descriptor. A second thread, the pump,
// puts the questions, waits for that descriptor and wakes whoever asked. So a question keeps neither a fiber's loop nor
// a thread of blocking() busy, needs none of a fiber's small stack, and whoever asked may go away at its deadline: the
// answer then goes to nobody.
//
// Invariants: both threads start with the first question and end with the object. Only the pump touches context_ and
// slots_. A Slot lives from the question to its answer (or to the end of the object), the Reply as long as the one of
// slot and asker that lets go last.
#include <list>
#include <memory>
#include <mutex>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include <unbound.h>

#include "posthouse/net/dns/resolver.h"
#include "posthouse/net/fiber.h"

namespace posthouse::net {

class SystemResolver::Dns {
 public:
  /// How a question ended.
  enum class Status { answered, no_such_name, bogus, failed };

  struct Reply {
    Event ready;
    Status status = Status::failed;
    std::string failure = "the resolver broke off";  ///< For bogus and failed: the server's or the library's words.
    DnsAnswer<std::string> answer;                   ///< RDATA, names in it uncompressed.
  };

  explicit Dns(ResolverOptions options) : options_(std::move(options)) {}
  ~Dns();

  /// Puts a question; `reply->ready` is set when it is answered. Throws Error.
  std::shared_ptr<Reply> ask(const std::string& name, DnsType type, Deadline deadline);
  /// Waits for a reply of ask(). Throws Error (Errc::timeout, Errc::canceled).
  static void wait(Reply& reply, const std::string& name, Deadline deadline);
  /// Throws the Error for a question that was not answered.
  static void throw_failure(const Reply& reply, const std::string& name, DnsType type);

 private:
  struct Question {
    std::string name;
    DnsType type;
    std::shared_ptr<Reply> reply;
  };
  struct Slot {
    Dns* owner;
    std::shared_ptr<Reply> reply;
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
  void set_validation(ub_ctx* context) const;
  void set_servers(ub_ctx* context) const;
  void give_up() noexcept;
  void finish(Reply& reply) noexcept;
  static void answered(void* slot, int error, ub_result* result);
  static void fail(Reply& reply, int error);
  static void take(Reply& reply, const ub_result& result);

  const ResolverOptions options_;
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
