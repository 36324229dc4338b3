/** How long somebody may take at a provider's page. */
export const FLOW_MINUTES = 15;
