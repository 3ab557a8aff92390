// SPDX-License-Identifier: MIT

// Each run of the sample wants the few cores of a build server for itself.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
