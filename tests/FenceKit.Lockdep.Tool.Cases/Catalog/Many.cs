// SPDX-License-Identifier: MIT
namespace Catalog;

// More locks than anybody would look at, and one pair among them that can hang.
internal static class Many
{
    public static void Run(int count)
    {
        object outer = new();
        object[] gates = new object[count];
        for (int i = 0; i < count; i++)
        {
            gates[i] = new object();
            lock (outer)
            {
                lock (gates[i])
                {
                    lock (gates[i / 2])
                    {
                    }
                }
            }
        }

        lock (gates[^1])
        {
            lock (outer)
            {
            }
        }
    }
}
