"""The resources of the API, a module for each. Importing one adds its answers to the routes."""
