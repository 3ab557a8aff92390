// SPDX-License-Identifier: MIT
using FenceKit.Diagnostics;

namespace FenceKit;

// Calls the subscriber, with the checks of the validator.
public sealed partial class InvalidationSubscription
{
    private readonly SubscriptionContract? _contract; // null: the contract is not checked

    /// <summary>The validator's map of all sessions of the notifier.</summary>
    internal object? Sessions => _contract?.Sessions;

    private bool CallSubscriber(in InvalidationRequest request, out Fence fence)
    {
        if (!FenceContract.IsChecked)
        {
            return Subscriber.TrySchedule(in request, out fence);
        }

        Callback callback = new(Subscriber, in request);
        FenceAnnotations.RunSchedule(_contract!.Callback, ref callback);
        fence = callback.Fence;
        FenceContract.Export(fence.Timeline?.ContractMap);
        return callback.IsScheduled;
    }

    /// <summary>The validator sees it as another call of the same subscriber, under the same rules.</summary>
    private void CallObserver(in InvalidationRequest request, bool isCommitted)
    {
        if (!FenceContract.IsChecked)
        {
            Observer!.OnEnded(in request, isCommitted);
            return;
        }

        EndCallback callback = new(Observer!, in request, isCommitted);
        FenceAnnotations.RunSchedule(_contract!.Callback, ref callback);
    }

    private readonly struct EndCallback(IInvalidationObserver observer, in InvalidationRequest request, bool isCommitted) : IContractCall
    {
        private readonly InvalidationRequest _request = request;

        public void Invoke() => observer.OnEnded(in _request, isCommitted);
    }

    private struct Callback(IInvalidationSubscriber subscriber, in InvalidationRequest request) : IContractCall
    {
        private readonly InvalidationRequest _request = request;
        private Fence _fence;

        internal readonly Fence Fence => _fence;

        internal bool IsScheduled { get; private set; }

        public void Invoke() => IsScheduled = subscriber.TrySchedule(in _request, out _fence);
    }
}
