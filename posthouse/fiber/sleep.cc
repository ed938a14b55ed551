#include "posthouse/fiber/sleep.h"

#include "posthouse/fiber/engine/task.h"
#include "posthouse/fiber/engine/wait_list.h"

namespace posthouse::fiber {

void sleep_until(TimePoint moment) {
  detail::Task& task = detail::Task::current();
  const TimePoint until = task.bounded(moment);
  task.waits_for = {.what = "the time"};
  do {
    task.throw_if_canceled();
  } while (task.park(until));
  if (until < moment) {
    detail::throw_interrupted();
  }
}

void sleep_for(Duration duration) {
  sleep_until(Deadline(duration).moment());
}

}  // namespace posthouse::fiber
