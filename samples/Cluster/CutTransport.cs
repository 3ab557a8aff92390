// SPDX-License-Identifier: MIT
using FenceKit.Remote;

namespace FenceKit.Samples.Cluster;

/// <summary>A transport that loses everything while the board says that its node is cut off.</summary>
internal sealed class CutTransport(IInvalidationTransport inner, Board board, int node) : IInvalidationTransport
{
    public bool IsConnected => inner.IsConnected && !IsCut;

    private bool IsCut => Volatile.Read(ref board.Of(node, NodeCount.IsCut)) != 0;

    public bool TrySend(string channel, ReadOnlySpan<byte> message) => !IsCut && inner.TrySend(channel, message);

    public ValueTask<IAsyncDisposable> SubscribeAsync(
        string channel, InvalidationMessageHandler receive, CancellationToken cancellationToken = default)
    {
        return inner.SubscribeAsync(channel, Pass, cancellationToken);

        void Pass(ReadOnlySpan<byte> message)
        {
            if (!IsCut)
            {
                receive(message);
            }
        }
    }
}
