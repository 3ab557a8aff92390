// SPDX-License-Identifier: MIT
using Xunit;

namespace Ledger;

/// <summary>Tests that somebody has written of a class that can hang. They are green, each time.</summary>
public sealed class LedgerTests
{
    private readonly object _accounts = new();
    private readonly object _journal = new();
    private readonly object _pages = new();

    [Fact]
    public void A_booking_is_written()
    {
        lock (_accounts)
        {
            lock (_journal)
            {
                Assert.True(Monitor.IsEntered(_journal));
            }
        }

        lock (_journal)
        {
            lock (_accounts)
            {
                Assert.True(Monitor.IsEntered(_accounts));
            }
        }
    }

    [Fact]
    public void A_page_is_turned_in_one_order()
    {
        lock (_accounts)
        {
            lock (_pages)
            {
                Assert.True(Monitor.IsEntered(_pages));
            }
        }
    }

    [Fact]
    public void A_file_of_the_project_is_found_from_the_output()
        => Assert.True(File.Exists(Path.Combine(AppContext.BaseDirectory, "..", "..", "..", "..", "LedgerTests.cs")));

    [Fact]
    public void A_test_that_ends_its_process_when_it_is_told_to()
    {
        if (Environment.GetEnvironmentVariable("LEDGER_ENDS") is not null)
        {
            System.Diagnostics.Process.GetCurrentProcess().Kill();
        }
    }

    [Fact]
    public void A_test_that_fails_when_it_is_told_to() => Assert.Null(Environment.GetEnvironmentVariable("LEDGER_FAILS"));
}
