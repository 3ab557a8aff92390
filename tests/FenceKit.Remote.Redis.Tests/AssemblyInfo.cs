// SPDX-License-Identifier: MIT
using Xunit;

// Each test has a server of its own that it stops and kills.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
