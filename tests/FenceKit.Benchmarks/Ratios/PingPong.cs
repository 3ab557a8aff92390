// SPDX-License-Identifier: MIT
namespace FenceKit.Benchmarks.Ratios;

/// <summary>Two threads that wake each other in turn, blocking. One time is one round trip.</summary>
internal static class PingPong
{
    internal static void Fences(int count)
    {
        using FenceTimeline ping = new("ping");
        using FenceTimeline pong = new("pong");
        ulong points = (ulong)count;
        ping.Issue(points);
        pong.Issue(points);
        Thread partner = new(() =>
        {
            for (ulong point = 1; point <= points; point++)
            {
                ping.GetFence(point).Wait();
                pong.Signal(point);
            }
        });
        partner.Start();
        for (ulong point = 1; point <= points; point++)
        {
            ping.Signal(point);
            pong.GetFence(point).Wait();
        }

        partner.Join();
    }

    internal static void Events(int count)
    {
        using ManualResetEventSlim ping = new();
        using ManualResetEventSlim pong = new();
        Thread partner = new(() =>
        {
            for (int i = 0; i < count; i++)
            {
                ping.Wait();
                ping.Reset();
                pong.Set();
            }
        });
        partner.Start();
        for (int i = 0; i < count; i++)
        {
            ping.Set();
            pong.Wait();
            pong.Reset();
        }

        partner.Join();
    }
}
