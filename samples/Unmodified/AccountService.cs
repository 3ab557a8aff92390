// SPDX-License-Identifier: MIT
namespace Shop;

/// <summary>Money. Closing asks the payments whether anything is on its way, with the account locked.</summary>
internal sealed class AccountService
{
    private readonly SemaphoreSlim _account = new(1, 1);
    private int _balance = 100;

    public PaymentService? Payments { get; set; }

    public async Task WithdrawAsync(int amount)
    {
        await _account.WaitAsync();
        try
        {
            await Task.Yield(); // the bank is asked
            _balance -= amount;
        }
        finally
        {
            _account.Release();
        }
    }

    public async Task<int> CloseAsync()
    {
        await _account.WaitAsync();
        try
        {
            int open = Payments is null ? 0 : await Payments.CountOpenAsync();
            return open == 0 ? _balance : throw new InvalidOperationException("Something is on its way.");
        }
        finally
        {
            _account.Release();
        }
    }
}
