#include <algorithm>

#include "proto/message_text.h"
#include "proto/wire.h"

namespace descent {

v1::RankExit ToProto(const RankExit& exit) {
  v1::RankExit proto;
  proto.set_pool(exit.pool);
  proto.set_world_rank(exit.world_rank);
  proto.set_host(exit.host);
  proto.set_pid(exit.pid);
  proto.set_exit_code(exit.exit_code);
  proto.set_signal(exit.signal);
  MakeTextValid(proto);
  return proto;
}

RankExit FromProto(const v1::RankExit& proto) {
  return {.pool = proto.pool(),
          .world_rank = std::max(proto.world_rank(), -1),
          .host = proto.host(),
          .pid = proto.pid(),
          .exit_code = proto.exit_code(),
          .signal = std::max(proto.signal(), 0)};
}

}  // namespace descent
