// SPDX-License-Identifier: MIT
using FenceKit.Lockdep;

namespace FenceKit.Tests;

/// <summary>
/// With <c>FENCEKIT_LOCKDEP=1 FENCEKIT_LOCKDEP_REPORTS=FILE dotnet test</c> the whole suite runs with the contract checked, and what is
/// reported is written to the file: there must be none. <c>.ci/contract</c> does so.
/// </summary>
internal static class ContractReports
{
    /// <summary>
    /// A test breaks the contract on purpose until the scope ends, on this thread, to see that it ends in an error and not in a hang.
    /// That the validator reports it is tested in FenceKit.Contract.Tests.
    /// </summary>
    internal static LockSectionScope AskedFor(string why) => FenceContract.IsChecked ? LockValidator.Default.Suppress(why) : default;

    /// <summary>The same for what a callback does.</summary>
    internal static Action AskedFor(string why, Action action) => () =>
    {
        using (AskedFor(why))
        {
            action();
        }
    };
}
