"""Independent tasks -> done, in this process or in others; what the machine has."""

from pipeline.workers.processes import PREFIX, RunTasks, Task, WorkerError, run_here, run_side_by_side, work_folder

__all__ = ["PREFIX", "RunTasks", "Task", "WorkerError", "run_here", "run_side_by_side", "work_folder"]
