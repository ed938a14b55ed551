#include "posthouse/server/rules.h"

namespace posthouse::server {

std::shared_ptr<const Rules> make_rules(const Config& config, const net::TlsContext& tls,
                                        const std::atomic<bool>& stopping) {
  auto rules = std::make_shared<Rules>();
  rules->intake = {.hops = config.limits.hops, .expire = config.queue.expire};
  smtp::ServerOptions& smtp = rules->smtp;
  smtp.hostname = config.hostname;
  smtp.tls = tls;
  smtp.max_message_size = config.limits.message_size;
  smtp.max_recipients = config.limits.recipients;
  smtp.timeouts.command = config.timeouts.command;
  smtp.timeouts.data_block = config.timeouts.data;
  smtp.timeouts.stop = config.timeouts.stop / 2;
  smtp.stopping = &stopping;
  rules->submission = smtp;
  rules->submission.kind = smtp::Kind::submission;
  rules->submission.insecure_auth = config.insecure_auth;
  rules->submissions = rules->submission;
  rules->submissions.implicit_tls = true;
  pop3::ServerOptions& pop3 = rules->pop3;
  pop3.hostname = config.hostname;
  pop3.tls = tls;
  pop3.insecure_auth = config.insecure_auth;
  pop3.timeouts.command = config.timeouts.pop3;
  pop3.stopping = &stopping;
  rules->pop3s = pop3;
  rules->pop3s.implicit_tls = true;
  return rules;
}

queue::WorkerOptions worker_options(const Config& config) {
  queue::WorkerOptions options;
  options.hostname = config.hostname;
  options.owner = config.hostname;
  options.routes = config.routes;
  options.retry_initial = config.queue.retry_initial;
  options.retry_max = config.queue.retry_max;
  options.expire = config.queue.expire;
  options.connections = config.queue.connections;
  options.connections_per_destination = config.queue.connections_per_destination;
  options.hops = config.limits.hops;
  options.stop = config.timeouts.stop / 2;
  options.timeouts.connect = config.queue.connect_timeout;
  return options;
}

}  // namespace posthouse::server
