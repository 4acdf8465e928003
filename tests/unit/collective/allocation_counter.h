#pragma once

namespace descent {

// How often this thread has called operator new so far, in a test binary that links this.
int AllocationCount();

}  // namespace descent
