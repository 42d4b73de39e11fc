// SPDX-License-Identifier: MIT
// Which of the processes of a job this is, as the engine that started them tells.
#pragma once

// The rank as digits, 9 at most, which is there until the environment changes; NULL: none is told. Open MPI and PMI
// (OMPI_COMM_WORLD_RANK, PMIX_RANK, PMI_RANK) are asked before Slurm (SLURM_PROCID), whose batch script and all that it starts by
// mpirun have rank 0 there.
const char *job_rank(void);
