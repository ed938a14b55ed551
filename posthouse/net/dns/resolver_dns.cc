#include "posthouse/net/dns/resolver_dns.h"

#include <cerrno>
#include <system_error>
#include <utility>

#include <fmt/format.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include "posthouse/base/block_signals.h"
#include "posthouse/base/text.h"
#include "posthouse/net/dns/lookup_errors.h"
#include "posthouse/net/error.h"

namespace posthouse::net {
namespace {

constexpr int class_in = 1;
constexpr int rcode_no_error = 0;
constexpr int rcode_no_such_name = 3;

void set_option(ub_ctx* context, const char* name, const char* value) {
  // An option that this version does not know is no reason to fail.
  static_cast<void>(ub_ctx_set_option(context, name, value));
}

// "127.0.0.1:5353" as libunbound writes it: "127.0.0.1@5353".
std::string forwarder(const std::string& server) {
  const Address address = Address::parse(server);
  return address.ip() + '@' + std::to_string(address.port());
}

const char* rcode_text(int rcode) {
  switch (rcode) {
    case 1:
      return "the server could not read the question (FORMERR)";
    case 2:
      return "the server failed (SERVFAIL)";
    case 5:
      return "the server refused to answer (REFUSED)";
    default:
      return "the server answered with an error";
  }
}

}  // namespace

SystemResolver::Dns::~Dns() {
  if (pump_.joinable()) {
    {
      const std::lock_guard lock(mutex_);
      stop_ = true;
    }
    wake();
    pump_.join();
  }
  context_.reset();  // ends libunbound's thread; slots_ stay until then
  if (wake_ >= 0) {
    ::close(wake_);
  }
}

std::shared_ptr<SystemResolver::Dns::Reply> SystemResolver::Dns::ask(const std::string& name, DnsType type,
                                                                     Deadline deadline) {
  if (!under_way_.acquire(deadline)) {
    throw Error(Errc::timeout, "timed out before the DNS was asked for " + name);
  }
  auto reply = std::make_shared<Reply>();
  try {
    const std::lock_guard lock(mutex_);
    start();
    questions_.push_back({name, type, reply});
  } catch (...) {
    under_way_.release();
    throw;
  }
  wake();
  return reply;
}

// The caller holds mutex_.
void SystemResolver::Dns::start() {
  if (pump_.joinable()) {
    return;
  }
  if (wake_ < 0) {
    wake_ = ::eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
  }
  if (wake_ < 0) {
    throw Error::from_errno(errno, "cannot start the DNS resolver");
  }
  const BlockSignals quiet;
  try {
    pump_ = std::thread([this] { pump(); });
  } catch (const std::system_error& error) {
    throw Error::from_errno(error.code().value(), "cannot start the DNS resolver");
  }
}

void SystemResolver::Dns::wake() const noexcept {
  const std::uint64_t one = 1;
  static_cast<void>(!::write(wake_, &one, sizeof one));
}

// What follows runs in the pump.

void SystemResolver::Dns::pump() noexcept {
  std::vector<Question> questions;
  while (take_questions(questions)) {
    for (const Question& question : questions) {
      put(question);
    }
    questions.clear();
    pollfd files[] = {{.fd = context_ ? ub_fd(context_.get()) : -1, .events = POLLIN, .revents = 0},
                      {.fd = wake_, .events = POLLIN, .revents = 0}};
    ::poll(files, 2, -1);
    if (files[1].revents != 0) {
      std::uint64_t count = 0;
      static_cast<void>(!::read(wake_, &count, sizeof count));
    }
    if (files[0].revents != 0 && ub_process(context_.get()) != UB_NOERROR) {
      give_up();
    }
  }
}

// False when it is time to end.
bool SystemResolver::Dns::take_questions(std::vector<Question>& questions) {
  const std::lock_guard lock(mutex_);
  questions.swap(questions_);
  return !stop_;
}

void SystemResolver::Dns::put(const Question& question) {
  Reply& reply = *question.reply;
  try {
    if (!context_) {
      open_context();
    }
  } catch (const Error& error) {
    reply.failure = error.what();
    finish(reply);
    return;
  }
  slots_.push_front(Slot{this, question.reply, {}});
  slots_.front().self = slots_.begin();
  const int error = ub_resolve_async(context_.get(), question.name.c_str(), static_cast<int>(question.type), class_in,
                                     &slots_.front(), &Dns::answered, nullptr);
  if (error == UB_NOERROR) {
    return;
  }
  slots_.pop_front();
  fail(reply, error);
  finish(reply);
}

void SystemResolver::Dns::open_context() {
  std::unique_ptr<ub_ctx, DeleteContext> context(ub_ctx_create());
  if (!context) {
    throw Error(Errc::system, "cannot start the DNS resolver");
  }
  ub_ctx_debugout(context.get(), nullptr);
  ub_ctx_async(context.get(), 1);  // a thread, not a process
  set_option(context.get(), "do-not-query-localhost:", "no");
  set_option(context.get(), "infra-keep-probing:", "yes");  // a server that was down is asked again at once
  set_option(context.get(), "unblock-lan-zones:", "yes");
  set_option(context.get(), "msg-cache-size:", "1m");
  set_option(context.get(), "rrset-cache-size:", "2m");
  set_validation(context.get());
  set_servers(context.get());
  // libunbound answers "no such name" for all of .test by itself; test benches have servers that know better.
  static_cast<void>(ub_ctx_zone_remove(context.get(), "test."));
  context_ = std::move(context);
}

void SystemResolver::Dns::set_validation(ub_ctx* context) const {
  if (options_.trust_anchors.empty()) {
    return;
  }
  if (const int error = ub_ctx_add_ta_file(context, options_.trust_anchors.c_str()); error != UB_NOERROR) {
    throw Error(Errc::system,
                fmt::format("cannot use the trust anchors in {}: {}", options_.trust_anchors, ub_strerror(error)));
  }
  if (!options_.require_dnssec) {
    set_option(context, "harden-dnssec-stripped:", "no");
  }
}

void SystemResolver::Dns::set_servers(ub_ctx* context) const {
  if (options_.server.empty()) {
    // Without that file libunbound asks the root servers and goes on from there.
    static_cast<void>(ub_ctx_resolvconf(context, nullptr));
  } else if (const int error = ub_ctx_set_fwd(context, forwarder(options_.server).c_str()); error != UB_NOERROR) {
    throw Error(Errc::system, fmt::format("cannot use the DNS server {}: {}", options_.server, ub_strerror(error)));
  }
}

// libunbound's thread is gone. The next question starts all anew.
void SystemResolver::Dns::give_up() noexcept {
  context_.reset();
  for (const Slot& slot : slots_) {
    finish(*slot.reply);
  }
  slots_.clear();
}

void SystemResolver::Dns::finish(Reply& reply) noexcept {
  under_way_.release();
  reply.ready.set();
}

void SystemResolver::Dns::answered(void* argument, int error, ub_result* result) {
  auto& slot = *static_cast<Slot*>(argument);
  Dns& self = *slot.owner;
  const std::shared_ptr<Reply> reply = std::move(slot.reply);
  self.slots_.erase(slot.self);
  if (error != UB_NOERROR || result == nullptr) {
    fail(*reply, error);
  } else {
    take(*reply, *result);
  }
  ub_resolve_free(result);
  self.finish(*reply);
}

// UB_SYNTAX: no name that could be in the DNS.
void SystemResolver::Dns::fail(Reply& reply, int error) {
  reply.status = error == UB_SYNTAX ? Status::no_such_name : Status::failed;
  reply.failure = ub_strerror(error);
}

void SystemResolver::Dns::take(Reply& reply, const ub_result& result) {
  // First, since a bogus answer comes as a failure of the server.
  if (result.bogus != 0) {
    reply.status = Status::bogus;
    reply.failure = result.why_bogus == nullptr ? "its signature does not hold" : result.why_bogus;
    return;
  }
  if (result.rcode == rcode_no_such_name) {
    reply.status = Status::no_such_name;
    return;
  }
  if (result.rcode != rcode_no_error) {
    reply.failure = rcode_text(result.rcode);
    return;
  }
  reply.status = Status::answered;
  reply.answer.dnssec = result.secure != 0 ? Dnssec::secure : Dnssec::insecure;
  const char* name = result.canonname != nullptr ? result.canonname : result.qname;
  reply.answer.canonical_name = to_lower(std::string_view(name));
  if (reply.answer.canonical_name.ends_with('.')) {
    reply.answer.canonical_name.pop_back();
  }
  for (int i = 0; result.data != nullptr && result.data[i] != nullptr; ++i) {
    reply.answer.records.emplace_back(result.data[i], static_cast<std::size_t>(result.len[i]));
  }
}

// What follows runs with whoever asks.

void SystemResolver::Dns::wait(Reply& reply, const std::string& name, Deadline deadline) {
  if (!reply.ready.wait(deadline)) {
    throw Error(Errc::timeout, "the DNS did not answer in time for " + printable(name));
  }
}

void SystemResolver::Dns::throw_failure(const Reply& reply, const std::string& name, DnsType type) {
  const std::string question = fmt::format("{} ({})", printable(name), to_string(type));
  switch (reply.status) {
    case Status::answered:
      return;
    case Status::no_such_name:
      detail::not_found("no such name: " + printable(name));
    case Status::bogus:
      throw Error(Errc::bogus, fmt::format("the answer for {} is bogus: {}", question, printable(reply.failure)), 0,
                  true);
    case Status::failed:
      detail::ask_later(fmt::format("cannot look up {}: {}", question, reply.failure));
  }
}

}  // namespace posthouse::net
