#pragma once
// Fibers under net's name, too: a program that talks over the network writes net::run, net::Deadline, net::Scope.
#include "posthouse/fiber/fiber.h"
#include "posthouse/net/error.h"

namespace posthouse::net {

// Running.
using fiber::blocking;
using fiber::in_fiber;
using fiber::loop_count;
using fiber::run;
using fiber::RunOptions;
using fiber::this_loop;
using fiber::UniqueFunction;
using fiber::yield;

// Scopes and cancellation.
using fiber::cancel_requested;
using fiber::DeadlineScope;
using fiber::Scope;
using fiber::Shield;
using fiber::throw_if_canceled;

// Time and chance.
using fiber::Deadline;
using fiber::Duration;
using fiber::now;
using fiber::random_below;
using fiber::random_bytes;
using fiber::random_hex;
using fiber::sleep_for;
using fiber::sleep_until;
using fiber::TimePoint;
using fiber::wall_now;

// Between fibers.
using fiber::Channel;
using fiber::Condition;
using fiber::Event;
using fiber::FiberLocal;
using fiber::Interruption;
using fiber::Mutex;
using fiber::Semaphore;

// The world outside.
using fiber::ForeignDescriptor;
using fiber::Signals;

// Looking at fibers.
using fiber::dump_fibers;
using fiber::FiberInfo;
using fiber::FiberList;
using fiber::list_fibers;

}  // namespace posthouse::net
