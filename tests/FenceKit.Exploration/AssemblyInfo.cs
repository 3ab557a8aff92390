// An exploration keeps a handful of threads handing over to each other: two at a time would only slow each other down.
[assembly: CollectionBehavior(DisableTestParallelization = true)]
