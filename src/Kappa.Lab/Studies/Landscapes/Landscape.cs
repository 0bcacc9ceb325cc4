namespace Kappa.Lab.Studies.Landscapes;

/// <summary>An eigenvalue of the Hessian at the centre, without its vector.</summary>
/// <param name="Value">The Ritz value.</param>
/// <param name="Residual">‖H y − θ y‖, measured.</param>
/// <param name="Converged">Whether the residual is below the tolerance.</param>
internal sealed record TopCurvature(double Value, double Residual, bool Converged);

/// <summary>The loss on a plane through a centre, what can be measured of it, and the path beside it.</summary>
internal sealed record Landscape
{
    /// <summary>What it is of.</summary>
    public required LandscapeTarget Target { get; init; }

    /// <summary>What was asked.</summary>
    public required LandscapeRequest Request { get; init; }

    /// <summary>α of the columns.</summary>
    public required IReadOnlyList<double> First { get; init; }

    /// <summary>β of the rows.</summary>
    public required IReadOnlyList<double> Second { get; init; }

    /// <summary>ℒ, [rows along β, columns along α].</summary>
    internal double[,] Values { get; init; } = new double[0, 0];

    /// <summary>ℒ at the centre.</summary>
    public required double CentreLoss { get; init; }

    /// <summary>‖c‖, ‖u‖, ‖v‖: what a unit of α and β is.</summary>
    public required (double Centre, double First, double Second) Norms { get; init; }

    /// <summary>Cosine of the angle between u and v.</summary>
    public required double Cosine { get; init; }

    /// <summary>Trained parameters P.</summary>
    public required int Parameters { get; init; }

    /// <summary>Counts and measures on the grid.</summary>
    public required LandscapeNumbers Numbers { get; init; }

    /// <summary>uᵀHu, vᵀHv and uᵀHv at the centre, by Hessian products.</summary>
    public required (double First, double Second, double Mixed) CentreCurvature { get; init; }

    /// <summary>The path beside the plane; <see langword="null"/> without one.</summary>
    public PathOnPlane? Path { get; init; }

    /// <summary>Share of Σ‖φ_k − c‖² of every principal component; empty for other directions.</summary>
    public IReadOnlyList<double> ExplainedShares { get; init; } = [];

    /// <summary>The two Hessian eigenvalues of largest modulus; empty for other directions.</summary>
    public IReadOnlyList<TopCurvature> TopCurvatures { get; init; } = [];

    internal LandscapeGrid Grid { get; init; } = null!;

    /// <summary>Seconds that it will take on this machine, by one loss that is timed, and what for.</summary>
    /// <param name="target">What it is of.</param>
    /// <param name="request">What is asked.</param>
    /// <returns>One sentence.</returns>
    public static string Forecast(LandscapeTarget target, LandscapeRequest request) => LandscapeWork.Forecast(target, request);

    /// <summary>Finds the directions and evaluates the grid; finished rows are kept in a
    /// folder until <see cref="LandscapeReport.Write"/> has written the result.</summary>
    /// <param name="target">What it is of.</param>
    /// <param name="request">What is asked.</param>
    /// <param name="folder">Where finished rows are kept; made when it does not exist.</param>
    /// <param name="progress">Told after every row.</param>
    /// <param name="cancellation">Ends it between two points.</param>
    /// <exception cref="BadInputException">There is no such plane, or the rows in the folder are damaged.</exception>
    /// <exception cref="OperationCanceledException">Cancelled; the same call goes on.</exception>
    public static Landscape Of(
        LandscapeTarget target, LandscapeRequest request, string folder, IProgress<LandscapeProgress>? progress = null,
        CancellationToken cancellation = default) =>
        new LandscapeWork(target, request, folder).Run(progress, cancellation);
}
