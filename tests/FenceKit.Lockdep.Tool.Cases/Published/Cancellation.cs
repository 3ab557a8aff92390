// SPDX-License-Identifier: MIT
namespace Published
{
    // dotnet/runtime#85523, mended in #90285: a limiter ends the registration of a waiter under its lock, which the callback of the registration takes.
    internal static class RateLimiting
    {
        public static void Run(bool isMended)
        {
            var limiter = new System.Threading.RateLimiting.ConcurrencyLimiter(isMended);
            using var canceled = new CancellationTokenSource();
            limiter.Acquire(canceled.Token);
            canceled.Cancel();
            using var unused = new CancellationTokenSource();
            limiter.Acquire(unused.Token);
            limiter.Release();
        }
    }

    // grpc/grpc-dotnet#2206: a call that is tried again ends the call before it under its lock, which its cancellation takes.
    internal static class GrpcCalls
    {
        public static void Run(bool isMended)
        {
            using var canceled = new CancellationTokenSource();
            var call = new Grpc.Net.Client.Internal.Retry.RetryCall(canceled.Token, isMended);
            canceled.Cancel();
            call.CommitCall();
        }
    }
}

namespace System.Threading.RateLimiting
{
    internal sealed class ConcurrencyLimiter(bool isMended)
    {
        private readonly Queue<RequestRegistration> _queue = new();
        private int _queueCount;

        private object Lock => _queue;

        public void Acquire(CancellationToken cancellationToken)
        {
            lock (Lock)
            {
                var request = new RequestRegistration();
                request.CancellationTokenRegistration = cancellationToken.Register(static state => ((ConcurrencyLimiter)state!).CancelQueueState(), this);
                _queue.Enqueue(request);
                _queueCount++;
            }
        }

        public void Release()
        {
            RequestRegistration? ended = null;
            lock (Lock)
            {
                while (_queue.TryDequeue(out RequestRegistration? request))
                {
                    ended = request;
                    if (!isMended)
                    {
                        request.CancellationTokenRegistration.Dispose();
                    }
                }
            }

            ended?.CancellationTokenRegistration.Dispose();
        }

        private void CancelQueueState()
        {
            lock (Lock)
            {
                _queueCount--;
            }
        }

        private sealed class RequestRegistration
        {
            public CancellationTokenRegistration CancellationTokenRegistration { get; set; }
        }
    }
}

namespace Grpc.Net.Client.Internal.Retry
{
    internal sealed class RetryCall
    {
        private readonly GrpcCall _activeCall;
        private readonly bool _isMended;

        public RetryCall(CancellationToken cancellationToken, bool isMended)
        {
            _isMended = isMended;
            _activeCall = new GrpcCall(this, cancellationToken);
        }

        private object Lock { get; } = new();

        public void CommitCall()
        {
            lock (Lock)
            {
                if (!_isMended)
                {
                    _activeCall.Dispose();
                }
            }

            if (_isMended)
            {
                _activeCall.Dispose();
            }
        }

        public void CleanUp()
        {
            lock (Lock)
            {
            }
        }
    }

    internal sealed class GrpcCall : IDisposable
    {
        private readonly RetryCall _owner;
        private readonly CancellationTokenRegistration? _ctsRegistration;

        public GrpcCall(RetryCall owner, CancellationToken cancellationToken)
        {
            _owner = owner;
            _ctsRegistration = RegisterCancellation(cancellationToken);
        }

        public void Dispose() => _ctsRegistration?.Dispose();

        private CancellationTokenRegistration RegisterCancellation(CancellationToken cancellationToken)
            => cancellationToken.Register(static (state, _) => ((GrpcCall)state!)._owner.CleanUp(), this);
    }
}
