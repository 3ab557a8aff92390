// SPDX-License-Identifier: MIT
namespace Shop;

/// <summary>Payments, one at a time. Each takes money from the account, with the payments locked.</summary>
internal sealed class PaymentService(AccountService accounts)
{
    private readonly SemaphoreSlim _payments = new(1, 1);
    private int _open;

    public async Task PayAsync(int amount)
    {
        await _payments.WaitAsync();
        try
        {
            _open++;
            await accounts.WithdrawAsync(amount);
            _open--;
        }
        finally
        {
            _payments.Release();
        }
    }

    public async Task<int> CountOpenAsync()
    {
        await _payments.WaitAsync();
        try
        {
            return _open;
        }
        finally
        {
            _payments.Release();
        }
    }
}
